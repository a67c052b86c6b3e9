import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeInfo, encodeMetainfo, type Metainfo, parseMetainfo } from '../../src/codec/metainfo.ts'
import { type DownloadPlan, downloadPlan, type FolderSurvey } from '../../src/face/download-plan.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'

const PIECE = 16_384

function metainfo(
  name: string,
  files: readonly (readonly [path: string, length: number])[] | undefined,
  length = 0,
): Metainfo {
  const total = files?.reduce((sum, [, one]) => sum + one, 0) ?? length
  const infoBytes = encodeInfo({
    name,
    pieceLength: PIECE,
    pieces: new Uint8Array(20 * Math.ceil(total / PIECE)),
    ...(files === undefined
      ? { length }
      : { files: files.map(([path, one]) => ({ path: path.split('/'), length: one })) }),
  })
  return parseMetainfo(encodeMetainfo({ infoBytes }), nodeCrypto)
}

const THREE = metainfo('t', [
  ['a', 1_000],
  ['.pad/24', 24],
  ['d/b', 2_000],
])

function plan(found: FolderSurvey['found'], free: number | undefined): DownloadPlan {
  return downloadPlan(THREE, 'out/', { root: '/root/out', found, free })
}

describe('the plan of a download', () => {
  it('leaves padding out, of its files and of the room', () => {
    const { folder, files, length, needed } = plan([undefined, undefined, undefined], 0)
    assert.deepEqual(
      files.map(({ index, path }) => [index, path]),
      [
        [0, 'out/t/a'],
        [2, 'out/t/d/b'],
      ],
    )
    assert.deepEqual([folder, length, needed], ['/root/out', 3_000, 3_000])
  })

  it('fits to the byte', () => {
    const found = [undefined, undefined, undefined]
    assert.deepEqual(
      [2_999, 3_000, undefined].map((free) => plan(found, free).fits),
      [false, true, undefined],
    )
  })

  it('needs no room for what is there, whatever its length, but for holes in it', () => {
    const longer = { length: 5_000, allocated: 5_000 }
    const holes = { length: 2_000, allocated: 512 }
    const { files, needed, fits } = plan([longer, undefined, holes], 1_488)
    assert.deepEqual([needed, fits], [1_488, true])
    assert.deepEqual(
      files.map(({ existing, obstacle }) => [existing, obstacle]),
      [
        [5_000, undefined],
        [2_000, undefined],
      ],
    )
  })

  it('tells what stands in the way', () => {
    const { files, needed } = plan([{ obstacle: 'A folder.' }, undefined, undefined], 0)
    assert.deepEqual([files[0]?.existing, files[0]?.obstacle, needed], [undefined, 'A folder.', 3_000])
  })

  it('tells the name in the torrent only where another is written', () => {
    const found = { root: '/', found: [], free: 0 }
    const of = (one: Metainfo): unknown[] => downloadPlan(one, '.', found).files.map(({ named }) => named)
    assert.deepEqual(of(metainfo('single', undefined, 5)), [undefined])
    assert.deepEqual(of(metainfo('a/b', undefined, 5)), ['a/b'])
    const several = metainfo('t', [
      ['x/y', 1],
      ['X', 1],
      ['x/Y', 1],
    ])
    assert.deepEqual(of(several), [undefined, 'X', 'x/Y'])
  })
})
