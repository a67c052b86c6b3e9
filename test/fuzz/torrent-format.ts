import assert from 'node:assert/strict'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { fileTree } from '../../src/codec/file-tree.ts'
import { encodeInfo, encodeMetainfo, type Metainfo, parseMetainfo } from '../../src/codec/metainfo.ts'
import { pieceLayers } from '../../src/codec/piece-layers.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { LodestoneError } from '../../src/core/errors.ts'
import { below } from '../../src/core/rng.ts'
import { planFiles } from '../../src/face/plan-files.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { TreeLibrary } from '../support/tree-library.ts'
import type { Format } from './codec-target.ts'

const hashes = (count: number): Uint8Array => new Uint8Array(20 * count).fill(0x31)
const text = (count: number): string => '1'.repeat(20 * count)

const SINGLE = encodeInfo({ name: 'one file.bin', length: 50_000, pieceLength: 16_384, pieces: hashes(4) })
const SEVERAL = encodeInfo({
  name: 'folder',
  pieceLength: 16_384,
  pieces: hashes(2),
  files: [
    { path: ['a', 'b.txt'], length: 10 },
    { path: ['A', 'B.txt'], length: 0 },
    { path: ['c'], length: 20_000 },
  ],
  private: true,
})
const NODES = [
  { host: '192.0.2.1', port: 6881 },
  { host: 'router.example', port: 1 },
]

/** Of version 2 and of both, with the hashes of their pieces. */
function second(isHybrid: boolean): Uint8Array {
  const { trees } = new TreeLibrary(16_384, [5, 2, 1])
  const files = trees.files.map(({ root, length }, at) => ({ path: ['d', `${at}`], length, root }))
  const pad = { path: ['.pad', '7'], length: 7, pad: true }
  const infoBytes = encodeInfo({
    ...{ name: 'second', pieceLength: 16_384, fileTree: fileTree(files) },
    ...(isHybrid ? { pieces: hashes(8), files: [files[0]!, pad, files[1]!, pad, files[2]!] } : {}),
  })
  return encodeMetainfo({ infoBytes, layers: pieceLayers(trees, trees.nodes) })
}

const SEEDS = [
  second(false),
  second(true),
  encodeMetainfo({ infoBytes: SINGLE }),
  encodeMetainfo({ infoBytes: SEVERAL, nodes: NODES, comment: 'hello', createdBy: 'x', creationDate: 1 }),
  ...[
    `d8:announce17:udp://tracker:80/13:announce-listll8:http://al8:http://bee4:infod6:lengthi9e4:name1:n12:piece lengthi9e6:pieces20:${text(1)}ee`,
    `d4:infod5:filesld4:attr1:p6:lengthi5eed6:lengthi3e4:pathl2:..3:conee4:attr1:led4:attr1:l6:lengthi0e4:pathl1:xe12:symlink pathl1:yeed6:lengthi3e4:pathl5:.pad/1:5eee4:name2:..10:name.utf-82:\xc3\xa912:piece lengthi16384e6:pieces20:${text(1)}ee`,
    `d4:infod5:filesld6:lengthi1e4:pathl1:aeed6:lengthi1e4:pathl1:aeed6:lengthi1e4:pathl1:A1:beed6:lengthi1e10:path.utf-8l3:a\0/ee4:pathl3:a:beee4:name1:n12:piece lengthi1e6:pieces80:${text(4)}7:privatei2eee`,
    `d4:infod9:file treed1:ad0:d6:lengthi1e11:pieces root32:${'r'.repeat(32)}eee12:meta versioni2e4:name1:n12:piece lengthi16384eee`,
  ].map(latin1),
]

/** Torrent files (BEP 3). */
export const TORRENT_FILE: Format<Metainfo> = {
  seeds: SEEDS,
  read: (bytes, rng) => parseMetainfo(bytes, nodeCrypto, { portable: below(rng, 2) === 0 }),
  refuses: (error) =>
    error instanceof LodestoneError && error.kind === 'remote' && error.code.startsWith('metainfo/'),
  check(metainfo) {
    const { info, nodes, trackers, webSeeds } = metainfo
    const count = Math.ceil(info.length / info.pieceLength)
    assert.ok(info.pieces !== undefined || info.v2 !== undefined)
    assert.equal(info.pieces?.length ?? 20 * count, 20 * count)
    if (metainfo.layers !== undefined) assert.equal(metainfo.layers.length, 32 * count)
    assert.ok(Number.isSafeInteger(info.length) && info.length >= 1 && info.pieceLength >= 1)
    assert.ok(nodes.length <= 100 && (metainfo.comment?.length ?? 0) <= 2_000)
    assert.ok(trackers.flat().length <= 64 && webSeeds.length <= 64)
    let offset = 0
    for (const file of info.files) {
      assert.equal(file.offset, offset)
      offset += file.length
      for (const component of file.path) {
        assert.ok(Buffer.byteLength(component) <= 255 && component !== '' && !/[/\\\0]/.test(component))
      }
    }
    assert.equal(offset, info.length)
    checkPlaces(metainfo)
  },
}

/** No file is planned outside the folder, and no two in one place. */
function checkPlaces(metainfo: Metainfo): void {
  const plan = planFiles(metainfo, 'out')
  for (const { path } of plan) {
    assert.ok(!isAbsolute(path) && join(path) === normalize(path) && path.startsWith(`out${sep}`), path)
    assert.ok(!path.split(sep).some((part) => part === '..' || part === '.'), path)
  }
  const places = plan.map(({ path }) => path.normalize('NFC').toLowerCase())
  const taken = new Set(places)
  assert.equal(taken.size, places.length, 'two files in one place')
  for (const place of places) {
    const parts = place.split(sep)
    while (parts.pop() !== undefined)
      assert.ok(!taken.has(parts.join(sep)), 'a file in the place of a folder')
  }
}
