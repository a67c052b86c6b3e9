import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'

describe('the geometry of a torrent', () => {
  for (const [length, pieceLength, last, blocks, lastBlock] of [
    [1, 16_384, 1, 1, 1],
    [32_768, 16_384, 16_384, 1, 16_384],
    [32_769, 16_384, 1, 1, 1],
    [2_500, 1_000, 500, 1, 500],
    [16_385 * 3, 16_385, 16_385, 2, 1],
    [2 ** 40 + 1, 2 ** 22, 1, 1, 1],
  ] as const) {
    it(`CL24 holds for ${length} bytes in pieces of ${pieceLength}`, () => {
      const geometry = new Geometry(length, pieceLength)
      const index = geometry.pieceCount - 1
      assert.equal(geometry.lengthOf(index), last)
      assert.equal(geometry.blocksOf(index), blocks)
      assert.equal(geometry.blockLength(index, blocks - 1), lastBlock)
    })
  }

  it('divides the content into pieces and those into blocks, without gap or overlap', () => {
    const input = fc.tuple(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 1_000, max: 70_000 }))
    fc.assert(
      fc.property(input, ([length, pieceLength]) => {
        const geometry = new Geometry(length, pieceLength)
        let offset = 0
        for (let piece = 0; piece < geometry.pieceCount; piece++) {
          assert.equal(geometry.offsetOf(piece), offset)
          let begin = 0
          for (let block = 0; block < geometry.blocksOf(piece); block++) {
            const size = geometry.blockLength(piece, block)
            assert.ok(size > 0 && size <= BLOCK_LENGTH)
            assert.ok(geometry.contains(piece, begin, size))
            begin += size
          }
          assert.equal(begin, geometry.lengthOf(piece))
          assert.ok(!geometry.contains(piece, begin, 1))
          offset += begin
        }
        assert.equal(offset, length)
      }),
    )
  })

  it('SV2 does not contain what is empty, outside, or overflows 32 bits', () => {
    const geometry = new Geometry(40_000, 16_384)
    for (const [index, begin, length] of [
      [0, 0, 0],
      [0, 16_384, 1],
      [0, 16_383, 2],
      [3, 0, 1],
      [-1, 0, 1],
      [0, -1, 1],
      [2, 7_232, 1],
      [0, 2 ** 32 - 1, 2],
      [0, 0, 2 ** 32 - 1],
    ] as const) {
      assert.equal(geometry.contains(index, begin, length), false, `${index} ${begin} ${length}`)
    }
    assert.ok(geometry.contains(2, 7_231, 1))
    assert.ok(geometry.contains(0, 5, 7), 'SV5: nothing need be aligned')
  })
})
