import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EncodableValue } from '../../src/codec/bencode.ts'
import { latin1, toHex } from '../../src/core/bytes.ts'
import { codeOf, file, H, HELLO, info, multi, pathsOf, single } from './dictionaries.ts'
import { packet, sha1, text } from './vectors.ts'

describe('the info dictionary', () => {
  it('is read, with the hash of the vector', () => {
    const found = info(HELLO)
    assert.equal(toHex(found.infoHash), 'bdb46b45d540f614aa67b474ea1e59a0857fb38f')
    assert.deepEqual(
      { ...found, infoHash: undefined },
      {
        infoHash: undefined,
        name: 'hello',
        length: 5,
        pieceLength: 16_384,
        pieces: latin1(H),
        v2: undefined,
        files: [{ path: ['hello'], length: 5, offset: 0, pad: false, rawPath: 'hello', symlink: false }],
        private: false,
        bytes: HELLO,
        warnings: [],
      },
    )
  })

  const odd: readonly (readonly [string, string, string | undefined])[] = [
    [
      'unsorted keys',
      `d4:name5:hello6:lengthi5e12:piece lengthi16384e6:pieces20:${H}e`,
      'db5a67e3adf67a5c6668a073707b821a45d6bda7',
    ],
    [
      'i05e',
      `d6:lengthi05e4:name5:hello12:piece lengthi16384e6:pieces20:${H}e`,
      '5320427cba70613c1ce7af1ae1a25f4e65650617',
    ],
    ['05:hello', `d6:lengthi5e4:name05:hello12:piece lengthi16384e6:pieces20:${H}e`, undefined],
    ['i-0e', `d6:lengthi5e4:name5:hello12:piece lengthi16384e6:pieces20:${H}7:privatei-0ee`, undefined],
    [
      'a key named twice',
      `d6:lengthi7e6:lengthi5e4:name5:hello12:piece lengthi16384e6:pieces20:${H}e`,
      undefined,
    ],
  ]
  for (const [name, notation, hash] of odd) {
    it(`TI1, MD25 with ${name} has the hash of its bytes as found, and a warning`, () => {
      const bytes = latin1(notation)
      const found = info(bytes)
      assert.equal(toHex(found.infoHash), hash ?? toHex(sha1(bytes)))
      assert.deepEqual(
        [found.length, found.name, found.warnings.length, found.private],
        [5, 'hello', 1, false],
      )
      assert.equal(found.bytes, bytes)
    })
  }

  const refused: readonly (readonly [string, Uint8Array, string])[] = [
    ['TI1 trailing bytes', latin1(`${text(HELLO)}x`), 'malformed'],
    ['TI2 deep lists', packet('d1:x{200*l}{200*e}e'), 'malformed'],
    ['TI2 a length beyond the input', latin1('d4:name99999999999:x'), 'malformed'],
    ['TI2 a negative length', latin1('d4:name-3:x'), 'malformed'],
    ['TI2 the packet that hangs the package', latin1('d-3:i1e'), 'malformed'],
    ['TI2 an integer of a million digits', packet(`d6:lengthi{1000000*1}ee`), 'malformed'],
    ['TI3 a length beyond 2^53', latin1('d6:lengthi9007199254740993e4:name1:xe'), 'bad-length'],
    ['TI4 both length and files', single({ files: [file('a')] }), 'bad-files'],
    ['TI4 neither', single({ length: undefined }), 'bad-files'],
    ['TI4 no files', multi([]), 'bad-files'],
    ['TI4 files that are no list', multi([], { files: { a: 1 } }), 'bad-files'],
    ['TI4 a file that is none', multi(['x']), 'bad-files'],
    ['TI4 an empty path', multi([{ length: 1, path: [] }]), 'bad-files'],
    ['TI4 a path that is no list', multi([{ length: 1, path: 'a' }]), 'bad-files'],
    ['TI4 a path of other than strings', multi([{ length: 1, path: ['a', 1] }]), 'bad-files'],
    ['TI4 no path', multi([{ length: 1 }]), 'bad-files'],
    ['TI5 a negative length', single({ length: -1 }), 'bad-length'],
    ['TI5 a length that is text', single({ length: '5' }), 'bad-length'],
    ['TI5 a file of negative length', multi([file('a', -1)]), 'bad-length'],
    ['TI5 a file without length', multi([{ path: ['a'] }]), 'bad-length'],
    ['TI5 a sum beyond 2^53', multi([file('a', Number.MAX_SAFE_INTEGER), file('b', 1)]), 'bad-length'],
    [
      'TI5 too many pieces',
      single({ length: 2_097_153, 'piece length': 1, pieces: new Uint8Array(20 * 2_097_153) }),
      'too-large',
    ],
    ['TI6 no data', single({ length: 0, pieces: '' }), 'no-data'],
    ['TI6 empty files alone', multi([file('a', 0), file('b', 0)], { pieces: '' }), 'no-data'],
    ...[0, -1, '16384', 2 ** 40, 536_854_529].map(
      (length) =>
        [`TI7 a piece length of ${length}`, single({ 'piece length': length }), 'bad-piece-length'] as const,
    ),
    ['TI7 no piece length', single({ 'piece length': undefined }), 'bad-piece-length'],
    ...[undefined, '', H.slice(1), `${H}x`, H + H, [H]].map(
      (pieces) =>
        [
          `TI8 hashes that do not fit: ${JSON.stringify(pieces)?.length}`,
          single({ pieces }),
          'bad-pieces',
        ] as const,
    ),
    ['TI16 no name', single({ name: undefined }), 'no-name'],
    ['TI16 a name that is a number', single({ name: 5 }), 'no-name'],
    ['TI23 a path of 101 parts', multi([file(`${'x/'.repeat(100)}x`)]), 'path-too-deep'],
    ['a list', latin1('le'), 'malformed'],
    ['nothing', new Uint8Array(0), 'malformed'],
  ]
  for (const [name, bytes, code] of refused) {
    it(`${name} is refused`, () =>
      assert.equal(
        codeOf(() => info(bytes)),
        `metainfo/${code}`,
      ))
  }

  it('TI5 may have as many pieces as fit into 32 MiB, which are fewer than 2,097,152', () => {
    const bytes = single({ length: 1_600_000, 'piece length': 1, pieces: new Uint8Array(20 * 1_600_000) })
    assert.equal(info(bytes).pieces?.length, 32_000_000)
  })

  for (const [length, pieceLength, count] of [
    [1, 16_384, 1],
    [1_001, 1_000, 2],
    [32_771, 16_385, 3],
    [3, 1, 3],
  ] as const) {
    it(`TI7, CL24 of ${length} bytes in pieces of ${pieceLength} has ${count} pieces`, () => {
      const bytes = single({ length, 'piece length': pieceLength, pieces: new Uint8Array(20 * count) })
      assert.equal(info(bytes).pieces?.length, 20 * count)
      const short = single({ length, 'piece length': pieceLength, pieces: new Uint8Array(20 * (count + 1)) })
      assert.equal(
        codeOf(() => info(short)),
        'metainfo/bad-pieces',
      )
    })
  }

  for (const [value, isPrivate, warnings] of [
    [1, true, 0],
    [0, false, 0],
    [undefined, false, 0],
    [2, false, 1],
    ['1', false, 1],
  ] as const) {
    it(`TI22 takes private = ${JSON.stringify(value)} for ${isPrivate}`, () => {
      const found = info(single({ private: value }))
      assert.deepEqual([found.private, found.warnings.length], [isPrivate, warnings])
    })
  }

  const names: readonly (readonly [string, EncodableValue, string])[] = [
    ['empty', '', '<hash>'],
    ['.', '.', '<hash>'],
    ['..', '..', '<hash>'],
    ['only stripped characters', '\u202e/\u200b', '<hash>'],
    ['a path', '../../etc/passwd', '....etcpasswd'],
  ]
  for (const [name, value, expected] of names) {
    it(`TI16 has a safe name when it is named ${name}`, () => {
      const found = info(single({ name: value }))
      assert.equal(found.name, expected.replace('<hash>', toHex(found.infoHash)))
      assert.deepEqual(found.files[0]!.path, [found.name])
    })
  }

  it('TI15 prefers the UTF-8 forms of names', () => {
    const found = info(multi([file('x', 5, { 'path.utf-8': ['é', 'y'] })], { 'name.utf-8': 'ü' }))
    assert.deepEqual(pathsOf(found), ['ü/é/y'])
    assert.deepEqual(pathsOf(info(multi([file('x', 5, { 'path.utf-8': 7 })]))), ['t/x'])
  })
})
