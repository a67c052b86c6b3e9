import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type EncodableValue, encode } from '../../src/codec/bencode.ts'
import { fileTree } from '../../src/codec/file-tree.ts'
import { encodeInfo, encodeMetainfo, type Info } from '../../src/codec/metainfo.ts'
import { areNodesOf, knownNodes, pieceLayers } from '../../src/codec/piece-layers.ts'
import { concatBytes, latin1, toHex, toLatin1 } from '../../src/core/bytes.ts'
import { NODE_LENGTH, rootOf } from '../../src/core/merkle.ts'
import { codeOf, file, info, metainfo, multi, pathsOf, single } from './dictionaries.ts'
import { sha1, sha256 } from './vectors.ts'

const PIECE = 16_384
/** Any root: nobody looks at what it is over. */
const ROOT: Uint8Array = new Uint8Array(NODE_LENGTH).fill(0x72)

/** A file of a tree. */
function leaf(length: number, root: EncodableValue | undefined = ROOT): EncodableValue {
  return { '': { length, 'pieces root': root } }
}

/** A dictionary of version 2 alone. */
function tree(
  files: EncodableValue,
  fields: Readonly<Record<string, EncodableValue | undefined>> = {},
): Uint8Array {
  return single({
    ...{ length: undefined, pieces: undefined, 'meta version': 2 },
    'file tree': files,
    ...fields,
  })
}

describe('torrents of version 2', () => {
  it('have their files at the beginning of pieces, with padding between that is on no disk', () => {
    const found = info(tree({ a: { b: leaf(5) }, c: leaf(0, undefined), d: leaf(PIECE + 1), e: leaf(7) }))
    assert.deepEqual(
      found.files.map(({ path, length, offset, pad }) => [path.join('/'), length, offset, pad]),
      [
        ['hello/a/b', 5, 0, false],
        ['hello/c', 0, 5, false],
        ['hello/.pad/16379', 16_379, 5, true],
        ['hello/d', PIECE + 1, PIECE, false],
        ['hello/.pad/16383', 16_383, 2 * PIECE + 1, true],
        ['hello/e', 7, 3 * PIECE, false],
        ['hello/.pad/16377', 16_377, 3 * PIECE + 7, true],
      ],
    )
    assert.deepEqual(
      found.v2?.files.map(({ piece, length }) => [piece, length]),
      [
        [0, 5],
        [1, PIECE + 1],
        [3, 7],
      ],
    )
    assert.equal(found.length, 4 * PIECE)
    assert.equal(found.pieces, undefined)
  })

  it('have the SHA-256 of their dictionary for a hash, and the beginning of it where there is no room', () => {
    const bytes = tree({ a: leaf(5) })
    const found = info(bytes)
    assert.deepEqual(found.v2?.infoHash, sha256(bytes))
    assert.deepEqual(found.infoHash, sha256(bytes).subarray(0, 20))
  })

  it('of one file alone have no folder', () => {
    assert.deepEqual(pathsOf(info(tree({ 'x.bin': leaf(PIECE) }))), ['x.bin'])
    assert.equal(info(tree({ 'x.bin': leaf(PIECE) })).name, 'x.bin')
    assert.deepEqual(pathsOf(info(tree({ d: { 'x.bin': leaf(PIECE) } }))), ['hello/d/x.bin'])
  })

  for (const [what, bytes] of [
    ['the newest there is', single({ 'meta version': 3 })],
    ['one so new that all else is another too', single({ 'meta version': 3, name: undefined, pieces: 7 })],
    ['one beyond all numbers', latin1(`d12:meta versioni${'9'.repeat(18)}ee`)],
  ] as const) {
    it(`V1: ${what} is newer than supported, whatever else is wrong`, () => {
      assert.equal(
        codeOf(() => info(bytes)),
        'metainfo/unsupported-version',
      )
    })
  }

  const deep = Array.from({ length: 110 }).reduce<EncodableValue>((below) => ({ x: below }), { '': 1 })
  for (const [what, bytes, code] of [
    ['V2: version 2 without a file tree', tree(undefined as never), 'bad-version'],
    ['V2: a file tree without a version', tree({ a: leaf(5) }, { 'meta version': undefined }), 'bad-version'],
    ['V2: a file tree beside version 1', single({ 'file tree': { hello: leaf(5) } }), 'bad-version'],
    ['V2: pieces of 8 KiB', tree({ a: leaf(5) }, { 'piece length': 8_192 }), 'bad-piece-length'],
    ['V2: pieces of 48 KiB', tree({ a: leaf(5) }, { 'piece length': 49_152 }), 'bad-piece-length'],
    ['V5: a file without a root', tree({ a: { '': { length: 5 } } }), 'bad-root'],
    ['V5: a root of zeros', tree({ a: leaf(5, new Uint8Array(32)) }), 'bad-root'],
    ['V5: a root of 31 bytes', tree({ a: leaf(5, ROOT.subarray(1)) }), 'bad-root'],
    ['V5: a root that is a number', tree({ a: leaf(5, 5) }), 'bad-root'],
    [
      'V6: a file that is a folder too',
      tree({ a: { '': { length: 5, 'pieces root': ROOT }, b: leaf(1) } }),
      'bad-file-tree',
    ],
    [
      'V6: the same in another order',
      latin1(
        `d9:file treed1:ad1:bd0:d6:lengthi0eee0:d6:lengthi0eeee12:meta versioni2e4:name1:n12:piece lengthi16384ee`,
      ),
      'bad-file-tree',
    ],
    ['V6: a tree that is a file', tree({ '': { length: 5, 'pieces root': ROOT } }), 'bad-file-tree'],
    ['a tree without files', tree({ a: {} }), 'bad-file-tree'],
    ['a tree that is a list', tree([]), 'bad-file-tree'],
    ['a folder that is a text', tree({ a: 'b' }), 'bad-file-tree'],
    ['a file that is a text', tree({ a: { '': 'b' } }), 'bad-file-tree'],
    ['a file without a length', tree({ a: { '': { 'pieces root': ROOT } } }), 'bad-length'],
    ['a negative length', tree({ a: leaf(-1) }), 'bad-length'],
    ['more than 2^53 bytes', tree({ a: leaf(2 ** 53 - 1), b: leaf(5) }), 'bad-length'],
    ['more pieces than peers can speak of', tree({ a: leaf(2 ** 35 + 1) }), 'too-many-pieces'],
    ['nothing but empty files', tree({ a: leaf(0, undefined) }), 'no-data'],
    ['folders without an end', tree(deep), 'malformed'],
  ] as const) {
    it(`${what} is refused`, () => {
      assert.equal(
        codeOf(() => info(bytes)),
        `metainfo/${code}`,
      )
    })
  }

  it('V5: may have a root for an empty file, which says nothing', () => {
    assert.equal(info(tree({ a: leaf(5), b: leaf(0) })).v2?.files.length, 1)
    assert.equal(info(tree({ a: leaf(5), b: leaf(0, ROOT.subarray(5)) })).v2?.files.length, 1)
  })

  it('V6, TI9: names that would leave the folder are made safe', () => {
    const names = new Map([
      ['..', leaf(1)],
      ['a/b', leaf(1)],
      ['\xff', leaf(1)],
    ])
    assert.deepEqual(
      pathsOf(info(tree(names))).filter((path) => !path.includes('.pad')),
      ['hello/_', 'hello/ab', 'hello/_.1'],
    )
  })
})

/** The leaf layer of so many different blocks. */
function leavesOf(count: number, salt: number): Uint8Array {
  return concatBytes(Array.from({ length: count }, (_, block) => sha256(Uint8Array.of(salt, block))))
}

/** Of two files of 5 and 2 pieces of 16 KiB, and one of a single piece. */
const LAYERS = [leavesOf(5, 1), leavesOf(2, 2), leavesOf(1, 3)]
const WIDTHS = [8, 2, 1]
const ROOTS = LAYERS.map((layer, at) => rootOf(layer, 0, WIDTHS[at]!, sha256))
const FILES = ['a', 'b', 'c'].map((name, at) => ({
  path: [name],
  length: (LAYERS[at]!.length / NODE_LENGTH) * PIECE - 1,
  root: ROOTS[at],
}))
const LAYERED = encodeInfo({ name: 't', pieceLength: PIECE, fileTree: fileTree(FILES) })
const NODES = concatBytes(LAYERS)

const layered = ({ v2, pieceLength }: Info) => ({ files: v2!.files, pieceLength })

describe('piece layers', () => {
  const read = (layers: ReadonlyMap<string, EncodableValue> | undefined): Uint8Array =>
    metainfo(encodeMetainfo({ infoBytes: LAYERED, layers: layers as ReadonlyMap<string, Uint8Array> }))
      .layers!
  const right = pieceLayers(layered(info(LAYERED)), NODES)
  const changed = (root: Uint8Array, layer: EncodableValue | undefined): Map<string, EncodableValue> => {
    const layers = new Map<string, EncodableValue>(right)
    if (layer === undefined) layers.delete(toLatin1(root))
    else layers.set(toLatin1(root), layer)
    return layers
  }

  it('V4: are the hashes of all pieces, with the roots of what is no longer than one', () => {
    assert.deepEqual([...right.keys()], [toLatin1(ROOTS[0]!), toLatin1(ROOTS[1]!)])
    assert.deepEqual(read(right), NODES)
  })

  it('V4: of no file are passed over', () => {
    assert.deepEqual(read(changed(ROOT, ROOT)), NODES)
    assert.deepEqual(read(changed(ROOTS[2]!, 5)), NODES)
    assert.deepEqual(read(changed(latin1('short'), [])), NODES)
  })

  const flipped = LAYERS[0]!.slice()
  flipped[40]! ^= 1
  for (const [what, layers] of [
    ['none at all', undefined],
    ['none for a file', changed(ROOTS[1]!, undefined)],
    ['one hash too few', changed(ROOTS[0]!, LAYERS[0]!.subarray(NODE_LENGTH))],
    ['one hash too many', changed(ROOTS[0]!, concatBytes([LAYERS[0]!, ROOT]))],
    ['half a hash more', changed(ROOTS[0]!, concatBytes([LAYERS[0]!, ROOT.subarray(16)]))],
    ['hashes that lead to another root', changed(ROOTS[0]!, flipped)],
    ['those of another layer', changed(ROOTS[0]!, rootOf(LAYERS[0]!, 0, 8, sha256))],
    ['a number', changed(ROOTS[0]!, 7)],
  ] as const) {
    it(`V4: a torrent file with ${what} is refused`, () => {
      assert.equal(
        codeOf(() => read(layers)),
        'metainfo/bad-piece-layers',
      )
    })
  }

  it('V4: may be left out by a hybrid, which has other hashes, and be wrong in none', () => {
    const one = [{ path: ['a'], length: FILES[0]!.length, root: ROOTS[0] }]
    const infoBytes = encodeInfo({
      ...{ name: 'a', pieceLength: PIECE, fileTree: fileTree(one), length: one[0]!.length },
      pieces: new Uint8Array(100),
    })
    assert.equal(metainfo(encodeMetainfo({ infoBytes })).layers, undefined)
    const wrong = new Map([[toLatin1(ROOTS[0]!), flipped]])
    assert.equal(
      codeOf(() => metainfo(encodeMetainfo({ infoBytes, layers: wrong }))),
      'metainfo/bad-piece-layers',
    )
  })

  it('are checked again when they come from elsewhere', () => {
    const of = layered(info(LAYERED))
    assert.equal(areNodesOf(of, NODES, sha256), true)
    assert.equal(areNodesOf(of, NODES.subarray(NODE_LENGTH), sha256), false)
    for (const at of [0, 5, 6, 7]) {
      const wrong = NODES.slice()
      wrong[NODE_LENGTH * at]! ^= 1
      assert.equal(areNodesOf(of, wrong, sha256), false, `piece ${at}`)
    }
    assert.deepEqual(knownNodes(of).subarray(NODE_LENGTH * 7), LAYERS[2])
  })
})

describe('hybrid torrents', () => {
  const v2 = { 'meta version': 2, 'file tree': { a: leaf(5), b: leaf(PIECE) } }
  const pad = { attr: 'p', length: PIECE - 5, path: ['.pad', 'x'] }
  const pieces = new Uint8Array(40)

  it('have both hashes, and the files of version 1', () => {
    const bytes = multi([file('a', 5), pad, file('b', PIECE)], { ...v2, pieces })
    const found = info(bytes)
    assert.deepEqual([found.infoHash, found.v2?.infoHash], [sha1(bytes), sha256(bytes)])
    assert.deepEqual(pathsOf(found), ['t/a', 't/.pad/x', 't/b'])
    assert.equal(found.pieces?.length, 40)
  })

  it('V7: may have padding at the end, or none', () => {
    const tail = { 'meta version': 2, 'file tree': { a: leaf(PIECE), b: leaf(5) } }
    const lists = [
      [file('a', PIECE), file('b', 5)],
      [file('a', PIECE), file('b', 5), { attr: 'p', length: PIECE - 5, path: ['.pad', 'x'] }],
    ]
    for (const list of lists) assert.equal(info(multi(list, { ...tail, pieces })).v2?.files.length, 2)
  })

  for (const [what, list, count] of [
    ['of other lengths', [file('a', 5), pad, file('b', PIECE - 1)], 2],
    ['of other names', [file('a', 5), pad, file('c', PIECE)], 2],
    ['in another order', [file('b', PIECE), file('a', 5)], 2],
    ['without padding between', [file('a', 5), file('b', PIECE)], 2],
    ['with too much padding', [file('a', 5), { ...pad, length: 2 * PIECE - 5 }, file('b', PIECE)], 3],
    ['of which one is missing', [file('a', 5)], 1],
    ['of which one is more', [file('a', 5), pad, file('b', PIECE), file('c', 0)], 2],
    [
      'with pieces of nothing but padding',
      [file('a', 5), pad, file('b', PIECE), { ...pad, length: PIECE }],
      3,
    ],
  ] as const) {
    it(`V7: whose lists have files ${what} contradict themselves`, () => {
      const bytes = multi(list, { ...v2, pieces: new Uint8Array(20 * count) })
      assert.equal(
        codeOf(() => info(bytes)),
        'metainfo/hybrid-differs',
      )
    })
  }

  it('of one file have no folder', () => {
    const bytes = single({ 'meta version': 2, 'file tree': { hello: leaf(5) } })
    assert.deepEqual(pathsOf(info(bytes)), ['hello'])
  })
})

it('the tree of any files is read as it was written', () => {
  const name = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'B', 'é', '0', '-') })
  const paths = fc.uniqueArray(fc.tuple(name, name), { minLength: 2, maxLength: 8, selector: String })
  fc.assert(
    fc.property(paths, fc.integer({ min: 1, max: 100_000 }), (all, length) => {
      const files = all.map((path, at) => ({ path, length: length + at, root: sha256(Uint8Array.of(at)) }))
      const bytes = encodeInfo({ name: 't', pieceLength: PIECE, fileTree: fileTree(files) })
      const found = info(bytes)
      const byPath = new Map(files.map(({ path, root }) => [path.join('/'), toHex(root)]))
      const real = found.files.filter(({ pad }) => !pad)
      assert.deepEqual(
        real.map(({ rawPath }) => byPath.get(rawPath)),
        found.v2!.files.map(({ root }) => toHex(root)),
      )
      assert.equal(real.length, files.length)
      assert.deepEqual(
        bytes,
        encode({ 'file tree': fileTree(files), 'meta version': 2, name: 't', 'piece length': PIECE }),
      )
      for (const { offset, length: bytesOf } of real)
        assert.equal(bytesOf === 0 || offset % PIECE === 0, true)
    }),
  )
})
