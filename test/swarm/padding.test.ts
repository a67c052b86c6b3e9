/** Padding (BEP 47) is filled in, and never asked for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { Padding } from '../../src/swarm/padding.ts'
import { contentOf, DownloadRig, files, lengthOf, PIECE } from './download-rig.ts'

describe('padding', () => {
  it('CL23: is never asked for: blocks of nothing else not at all, others up to it, and hashes as zeros', () => {
    const lengths = [BLOCK_LENGTH + 10, 10 - PIECE + BLOCK_LENGTH, PIECE]
    const rig = new DownloadRig(lengths)
    rig.serve(1)
    assert.deepEqual(rig.asked.filter((asked) => asked.startsWith('0:')).sort(), [
      `0:0+${BLOCK_LENGTH}`,
      `0:${BLOCK_LENGTH}+10`,
    ])
    assert.equal(rig.asked.length, 2 + 4)
    assert.equal(rig.download.complete, true)
    assert.deepEqual(rig.memory, contentOf(lengths))
  })

  it('CL23: pieces of nothing else come from nobody, one after another', () => {
    const lengths = [PIECE, -3 * PIECE, PIECE, -PIECE]
    const rig = new DownloadRig(lengths)
    assert.equal(rig.gained, 4)
    rig.serve(1)
    assert.ok(rig.asked.every((asked) => asked.startsWith('0:') || asked.startsWith('4:')))
    assert.deepEqual([rig.asked.length, rig.download.complete], [8, true])
    assert.deepEqual(rig.memory, contentOf(lengths))
  })

  it('CL23: long pieces, which are written in runs, get theirs too', () => {
    const long = 8 * 1024 * 1024
    const padding = new Padding(files(100, 100 - long), new Geometry(long, long))
    assert.equal(padding.blocksOf(0).length, long / BLOCK_LENGTH - 1)
    assert.equal(padding.lengthOf(0, 0), 100)
  })

  it('TI20: a piece that three peers have each supplied alone, wrong for its padding, is the fault of the torrent, and nobody is blamed', () => {
    const lengths = [BLOCK_LENGTH, BLOCK_LENGTH - PIECE]
    const truth = contentOf(lengths).fill(1)
    const rig = new DownloadRig(lengths, truth)
    for (const key of [1, 2]) {
      rig.serve(key, 1, 1)
      assert.deepEqual(rig.inconsistent, [], `after ${key}`)
    }
    rig.serve(3, 1, 1)
    assert.deepEqual([rig.inconsistent, rig.guilty], [[0], []])
  })

  it('TI20: padding alone that should be something else is found wrong at once', () => {
    const rig = new DownloadRig([PIECE, -PIECE], new Uint8Array(2 * PIECE).fill(1))
    assert.deepEqual(rig.inconsistent, [1])
  })

  it('TI20: who supplied such a piece wrong is found guilty when it has come right', () => {
    const rig = new DownloadRig([BLOCK_LENGTH, BLOCK_LENGTH - PIECE])
    rig.serve(1, 9, 1)
    assert.deepEqual([rig.guilty, rig.inconsistent], [[], []])
    rig.serve(2)
    assert.deepEqual([rig.guilty, rig.download.complete], [[1], true])
  })

  it('lies where the files say, for each byte', () => {
    const lengths = fc.array(fc.integer({ min: -3 * BLOCK_LENGTH, max: 3 * BLOCK_LENGTH }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(lengths, (given) => {
        fc.pre(lengthOf(given) > 0)
        const geometry = new Geometry(lengthOf(given), PIECE)
        const padding = new Padding(files(...given), geometry)
        const bytes = contentOf(given)
        for (let piece = 0; piece < geometry.pieceCount; piece++) {
          const whole = bytes.subarray(piece * PIECE, piece * PIECE + geometry.lengthOf(piece))
          assert.equal(padding.touches(piece), whole.includes(0))
          assert.equal(padding.whole.has(piece), !whole.includes(1))
          assert.equal(padding.contentOf(piece), whole.filter((byte) => byte === 1).length)
          for (let block = 0; block < geometry.blocksOf(piece); block++) {
            const at = block * BLOCK_LENGTH
            const last = whole.subarray(at, at + geometry.blockLength(piece, block)).lastIndexOf(1)
            assert.equal(padding.lengthOf(piece, block), last + 1)
          }
        }
      }),
      { numRuns: 30 },
    )
  })
})
