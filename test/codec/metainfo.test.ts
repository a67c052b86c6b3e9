import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type EncodableValue, encode } from '../../src/codec/bencode.ts'
import {
  encodeInfo,
  encodeMetainfo,
  type FileEntry,
  type Info,
  type Metainfo,
  parseInfo,
  parseMetainfo,
} from '../../src/codec/metainfo.ts'
import { concatBytes, latin1, toHex } from '../../src/core/bytes.ts'
import { LodestoneError } from '../../src/core/errors.ts'
import { mutated, packet, sha1, text, tokenSoup } from './vectors.ts'

const H = text(sha1(latin1('hello')))
const HELLO = latin1(`d6:lengthi5e4:name5:hello12:piece lengthi16384e6:pieces20:${H}e`)

const info = (bytes: Uint8Array): Info => parseInfo(bytes, sha1)
const metainfo = (bytes: Uint8Array): Metainfo => parseMetainfo(bytes, sha1)

/** An info dictionary of one file of 5 bytes, with some fields replaced, or left out by `undefined`. */
function single(fields: Record<string, EncodableValue | undefined> = {}): Uint8Array {
  return encode({ length: 5, name: 'hello', 'piece length': 16_384, pieces: latin1(H), ...fields })
}

/** An info dictionary of several files; the hashes are as many as their lengths ask for. */
function multi(
  files: readonly EncodableValue[],
  fields: Record<string, EncodableValue | undefined> = {},
): Uint8Array {
  return single({ length: undefined, name: 't', files, ...fields })
}

function file(path: string, length = 1, more: Record<string, EncodableValue> = {}): EncodableValue {
  return { length, path: path.split('/'), ...more }
}

const pathsOf = (found: Info): string[] => found.files.map((entry: FileEntry) => entry.path.join('/'))

function codeOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    assert.ok(error instanceof LodestoneError && error.kind === 'remote', String(error))
    return error.code
  }
  return 'none'
}

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
    ['V1 a newer version', single({ 'meta version': 3 }), 'unsupported-version'],
    [
      'V2 a version 2 dictionary',
      single({ length: undefined, pieces: undefined, 'meta version': 2, 'file tree': {} }),
      'v2-only',
    ],
    ['V2 a file tree alone', single({ length: undefined, pieces: undefined, 'file tree': {} }), 'v2-only'],
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
    assert.equal(info(bytes).pieces.length, 32_000_000)
  })

  for (const [length, pieceLength, count] of [
    [1, 16_384, 1],
    [1_001, 1_000, 2],
    [32_771, 16_385, 3],
    [3, 1, 3],
  ] as const) {
    it(`TI7, CL24 of ${length} bytes in pieces of ${pieceLength} has ${count} pieces`, () => {
      const bytes = single({ length, 'piece length': pieceLength, pieces: new Uint8Array(20 * count) })
      assert.equal(info(bytes).pieces.length, 20 * count)
      const short = single({ length, 'piece length': pieceLength, pieces: new Uint8Array(20 * (count + 1)) })
      assert.equal(
        codeOf(() => info(short)),
        'metainfo/bad-pieces',
      )
    })
  }

  it('is read as version 1 when it is a hybrid', () => {
    const found = info(
      single({ 'meta version': 2, 'file tree': new Map([['\xff\xfe', { '': { length: 5 } }]]) }),
    )
    assert.equal(found.name, 'hello')
  })

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

describe('the file list', () => {
  it('has paths below the name and offsets in order', () => {
    const found = info(multi([file('a', 2), file('d/e/b', 0), file('d/c', 3)]))
    assert.deepEqual(pathsOf(found), ['t/a', 't/d/e/b', 't/d/c'])
    assert.deepEqual(
      found.files.map((entry) => entry.offset),
      [0, 2, 2],
    )
    assert.equal(found.length, 5)
  })

  it('TI9, TI10 never leads out of its folder', () => {
    const hostile = [
      ['..'],
      ['..', '..', 'x'],
      ['/etc/passwd'],
      ['C:\\x'],
      ['\\\\srv\\x'],
      ['.'],
      [''],
      ['a', '', 'b'],
      ['.. '],
      ['\u200b..'],
    ]
    const found = info(
      multi(
        hostile.map((path) => ({ length: 1, path })),
        { length: undefined, pieces: latin1(H) },
      ),
    )
    for (const entry of found.files) {
      assert.equal(entry.path[0], 't')
      for (const part of entry.path) assert.doesNotMatch(part, /^\.*$|[/\\]/)
    }
    assert.equal(pathsOf(found)[1], 't/_/_/x')
  })

  it('TI12 shows how a file was named beside how it will be', () => {
    const [entry] = info(multi([file('a\x1b\u202eb/../c', 5)])).files
    assert.deepEqual([entry!.path.join('/'), entry!.rawPath], ['t/a_b/_/c', 'ab/../c'])
  })

  it('TI13 is safe on Windows when asked to be', () => {
    const bytes = multi([file('con/a:b', 5)])
    assert.deepEqual(pathsOf(parseInfo(bytes, sha1, { portable: true })), ['t/_con/a_b'])
    assert.deepEqual(pathsOf(info(bytes)), ['t/con/a:b'])
  })

  it('TI17 gives every file a place of its own, the same each time', () => {
    const bytes = multi([
      file('a', 1),
      file('A', 1),
      file('a/b', 1),
      file('a', 1),
      file('x.txt', 0),
      file('X.TXT', 1),
    ])
    assert.deepEqual(pathsOf(info(bytes)), ['t/a.1', 't/A.2', 't/a/b', 't/a.3', 't/x.txt', 't/X.1.TXT'])
    assert.deepEqual(pathsOf(info(bytes)), pathsOf(info(bytes)))
    const many = multi(Array.from({ length: 502 }, () => file('a')))
    assert.equal(
      codeOf(() => info(many)),
      'metainfo/same-names',
    )
  })

  it('TI18 marks symbolic links, which have no bytes, and warns of them', () => {
    const link = { attr: 'l', path: ['link'], 'symlink path': ['..', '..', 'etc'] }
    const found = info(
      multi([link, { ...link, length: 0 }, file('link', 5), { ...link, length: 5, path: ['real'] }], {
        pieces: latin1(H),
      }),
    )
    assert.deepEqual(
      found.files.map((entry) => [entry.path[1], entry.symlink, entry.length]),
      [
        ['link', true, 0],
        ['link', true, 0],
        ['link', false, 5],
        ['real', false, 5],
      ],
    )
    assert.equal(found.warnings.length, 1)
  })

  it('TI19 marks pads, with and without path, by attribute and by name', () => {
    const files = [
      file('a', 1),
      { attr: 'p', length: 1 },
      file('.pad/7', 1, { attr: 'xp' }),
      file('.pad/123', 1),
      file('_____padding_file_0_if you see this', 1),
      file('.pad/x', 0),
      file('b', 0, { attr: 'zxh' }),
    ]
    const found = info(multi(files))
    assert.deepEqual(
      found.files.map((entry) => entry.pad),
      [false, true, true, true, true, false, false],
    )
    assert.deepEqual(found.files[1]!.path, ['t', '.pad', '1'])
  })

  it('TI23 of 300,000 files is read, of one more refused', () => {
    const lines = Array.from(
      { length: 300_001 },
      (_, i) => `d6:lengthi1e4:pathl1:${i % 10}${String(i).length}:${i}ee`,
    )
    const write = (count: number): Uint8Array =>
      latin1(
        `d5:filesl${lines.slice(0, count).join('')}e4:name1:t12:piece lengthi${2 ** 20}e6:pieces20:${H}e`,
      )
    assert.equal(info(write(300_000)).files.length, 300_000)
    assert.equal(
      codeOf(() => info(write(300_001))),
      'metainfo/too-many-files',
    )
  })

  it('TI23 with more than 300,000 folders is refused', () => {
    const deep = Array.from({ length: 98 }, () => '1:x').join('')
    const lines = Array.from({ length: 3_100 }, (_, i) => `d6:lengthi1e4:pathl5:${10_000 + i}${deep}1:fee`)
    const bytes = latin1(`d5:filesl${lines.join('')}e4:name1:t12:piece lengthi16384e6:pieces20:${H}e`)
    assert.equal(
      codeOf(() => info(bytes)),
      'metainfo/too-many-files',
    )
  })
})

describe('the torrent file', () => {
  it('TI26 is written, read, and written again to the same bytes', () => {
    const infoBytes = encodeInfo({ name: 'hello', pieceLength: 16_384, pieces: latin1(H), length: 5 })
    assert.equal(text(infoBytes), text(HELLO))
    const nodes = [
      { host: '127.0.0.1', port: 6_881 },
      { host: '2001:db8::1', port: 1 },
      { host: 'host.example', port: 65_535 },
    ]
    const bytes = encodeMetainfo({
      infoBytes,
      nodes,
      comment: 'Hé',
      createdBy: 'x',
      creationDate: 1_000_000_000,
    })
    assert.equal(
      text(bytes),
      `d7:comment3:H\xc3\xa910:created by1:x13:creation datei1000000000e4:info${text(HELLO)}5:nodesll9:127.0.0.1i6881eel11:2001:db8::1i1eel12:host.examplei65535eeee`,
    )
    const found = metainfo(bytes)
    assert.deepEqual([found.nodes, found.comment, found.trackers], [nodes, 'Hé', []])
    assert.equal(
      text(
        encodeMetainfo({
          infoBytes: found.info.bytes,
          nodes: found.nodes,
          comment: found.comment!,
          createdBy: 'x',
          creationDate: 1_000_000_000,
        }),
      ),
      text(bytes),
    )
  })

  it('can hold nothing but the info dictionary', () => {
    const bytes = encodeMetainfo({ infoBytes: HELLO })
    assert.equal(text(bytes), `d4:info${text(HELLO)}e`)
    assert.equal(toHex(metainfo(bytes).info.infoHash), 'bdb46b45d540f614aa67b474ea1e59a0857fb38f')
  })

  it('of several private files is read back as it was written', () => {
    const files = [
      { path: ['a', 'ü'], length: 3 },
      { path: ['b'], length: 0 },
      { path: ['c'], length: 2 },
    ]
    const found = info(
      encodeInfo({ name: 'dir', pieceLength: 16_384, pieces: latin1(H), files, private: true }),
    )
    assert.deepEqual(
      found.files.map(({ path, length }) => ({ path: path.slice(1), length })),
      files,
    )
    assert.equal(found.private, true)
    assert.deepEqual(found.warnings, [])
  })

  it('keeps the info dictionary as found, apart from the file', () => {
    const bytes = latin1(`d4:infod4:name5:hello6:lengthi5e12:piece lengthi16384e6:pieces20:${H}ee`)
    const found = metainfo(bytes)
    bytes.fill(0)
    assert.equal(toHex(found.info.infoHash), 'db5a67e3adf67a5c6668a073707b821a45d6bda7')
    assert.equal(toHex(sha1(found.info.bytes)), 'db5a67e3adf67a5c6668a073707b821a45d6bda7')
  })

  const refused: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['TI25 empty', new Uint8Array(0), 'not-a-torrent', /is empty/],
    ['TI25 a web page', latin1('  <!DOCTYPE html>'), 'not-a-torrent', /web page/],
    ['TI25 gzip', latin1('\x1f\x8b\x08'), 'not-a-torrent', /gzip/],
    ['TI25 noise', latin1('\xff\xff\xff'), 'not-a-torrent', /not a torrent/],
    ['truncated', latin1('d4:info'), 'malformed', /damaged/],
    ['without info', latin1('d8:announce1:xe'), 'no-info', /no info/],
    [
      'TI1 with two info dictionaries',
      latin1(`d4:info${text(HELLO)}4:info${text(HELLO)}e`),
      'duplicate-info',
      /two/,
    ],
    ['with an info that is a list', latin1('d4:infolee'), 'malformed', /not valid/],
    ['larger than 32 MiB', new Uint8Array(33_554_433).fill(0x64), 'too-large', /32 MiB/],
  ]
  for (const [name, bytes, code, sentence] of refused) {
    it(`${name} is refused in words`, () => {
      assert.equal(
        codeOf(() => metainfo(bytes)),
        `metainfo/${code}`,
      )
      assert.throws(() => metainfo(bytes), sentence)
    })
  }

  it('TI1 warns of bytes behind its end', () => {
    assert.equal(metainfo(latin1(`d4:info${text(HELLO)}ex`)).info.warnings.length, 1)
  })

  it('TI22 is not private by a flag outside info', () => {
    assert.equal(metainfo(latin1(`d4:info${text(HELLO)}7:privatei1ee`)).info.private, false)
  })

  const withFields = (before: string, after: string): Metainfo =>
    metainfo(latin1(`d${before}4:info${text(HELLO)}${after}e`))

  it('TI24 is not refused for malformed optional fields', () => {
    const found = withFields(
      '8:announcei5e13:announce-listli1el1:x4:aaaaee7:commenti7e13:creation datei99999999999999999999e',
      '5:nodes3:abc12:piece layersle8:url-listd1:ai1ee',
    )
    assert.deepEqual([found.nodes, found.trackers, found.comment], [[], [], undefined])
  })

  it('TI24, 9.16 uses nodes that are host and port, and skips others', () => {
    const good = 'l9:127.0.0.1i6881ee'
    const bad = [
      'l1:ai0ee',
      'l1:ai65536ee',
      'li1ei1ee',
      'l1:a1:5e',
      'le',
      '1:a',
      'i1e',
      'l3:a bi1ee',
      `l300:${'x'.repeat(300)}i1ee`,
    ]
    const found = withFields('', `5:nodesl${bad.join('')}${good}e`)
    assert.deepEqual(found.nodes, [{ host: '127.0.0.1', port: 6_881 }])
  })

  it('TI24 lists trackers in the order of their tiers, each once', () => {
    const found = withFields('8:announce7:udp://a13:announce-listll7:udp://b7:udp://ael8:http://cee', '')
    assert.deepEqual(found.trackers, ['udp://a', 'udp://b', 'http://c'])
  })

  it('TI24 takes piece layers with raw keys and millions of values in its stride', () => {
    const layers = `d32:${'\xff'.repeat(32)}20:${H}e`
    assert.equal(withFields('', `12:piece layers${layers}`).info.name, 'hello')
  })

  it('TI1, TI2 gives a metainfo or a remote error with a code, whatever the bytes', () => {
    const genuine = fc.constantFrom(
      encodeMetainfo({ infoBytes: HELLO, nodes: [{ host: 'a', port: 1 }], comment: 'x' }),
      encodeMetainfo({ infoBytes: multi([file('a/b', 3), file('c', 2, { attr: 'p' })]) }),
    )
    const embedded = tokenSoup.map((soup) =>
      concatBytes([
        latin1('d4:infod5:filesl'),
        soup,
        latin1(`e4:name1:t12:piece lengthi9e6:pieces20:${H}ee`),
      ]),
    )
    fc.assert(
      fc.property(fc.oneof(tokenSoup, mutated(genuine), embedded), (bytes) => {
        const code = codeOf(() => metainfo(bytes))
        assert.match(code, /^(none|metainfo\/[a-z0-9-]+)$/)
      }),
      { numRuns: 3_000 },
    )
  })

  it('is refused whenever it is truncated', () => {
    const whole = encodeMetainfo({ infoBytes: multi([file('a/b', 3), file('c', 2)]), comment: 'x' })
    for (let end = 0; end < whole.length; end++) {
      assert.notEqual(
        codeOf(() => metainfo(whole.subarray(0, end))),
        'none',
      )
    }
  })
})
