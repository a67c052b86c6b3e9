import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatBytes, toHex } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import {
  climb,
  emptyNode,
  layersOver,
  levelsOf,
  NO_LEAF,
  NODE_LENGTH,
  nodeAt,
  rootOf,
  treeWidth,
} from '../../src/core/merkle.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'

const { sha256 } = nodeCrypto

function leavesOf(content: Uint8Array): Uint8Array {
  const leaves: Uint8Array[] = []
  for (let at = 0; at < content.length; at += BLOCK_LENGTH)
    leaves.push(sha256(content.subarray(at, at + BLOCK_LENGTH)))
  return concatBytes(leaves)
}

describe('trees of hashes', () => {
  for (const [length, root] of [
    [1, 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    [16_384, 'f3336bea752b5a28743033dd2c844a4a63fba08871aaee2586a2bf2d69be83a2'],
    [16_385, 'dcdfa5bb8d91b7eb7a69fb556bba6770d3456cbd61ab52f172cb9421a442be79'],
    [49_153, 'ef6f9191171f6382641378996ae9d7355344f717bc2ca9f331d4e351e498c04d'],
  ] as const) {
    it(`V3: over ${length} bytes have the root of the vector`, () => {
      const leaves = leavesOf(new Uint8Array(length).fill(0x61))
      const width = treeWidth(leaves.length / NODE_LENGTH)
      assert.equal(toHex(rootOf(leaves, 0, width, sha256)), root)
    })
  }

  it('V3: have nothing but zeros beyond the end of a file', () => {
    assert.equal(emptyNode(0, sha256), NO_LEAF)
    assert.deepEqual(
      [1, 2].map((level) => toHex(emptyNode(level, sha256))),
      [
        'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b',
        'db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71',
      ],
    )
  })

  it('are as wide as a power of two', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 2 ** 36 - 1].map(treeWidth), [1, 2, 4, 4, 8, 2 ** 36])
    assert.deepEqual([1, 2, 3, 4, 5].map(levelsOf), [0, 1, 2, 2, 3])
  })

  it('are the same from whatever layer they are built', () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 0, max: 4 }))
    fc.assert(
      fc.property(counts, ([count, level]) => {
        const leaves = leavesOf(new Uint8Array(count * BLOCK_LENGTH - 1).map((_, at) => at >> 14))
        const width = Math.max(treeWidth(count), 2 ** level)
        const layers = layersOver(leaves, 0, width, sha256)
        assert.deepEqual(rootOf(layers[level]!, level, width / 2 ** level, sha256), layers.at(-1))
      }),
      { numRuns: 30 },
    )
  })

  it('prove each of their nodes by those beside its way up, and no other', () => {
    const cases = fc.tuple(fc.integer({ min: 2, max: 40 }), fc.nat(), fc.nat())
    fc.assert(
      fc.property(cases, ([count, at, bit]) => {
        const leaves = leavesOf(new Uint8Array(count * BLOCK_LENGTH).map((_, byte) => (byte >> 14) * 7))
        const layers = layersOver(leaves, 0, treeWidth(count), sha256)
        const root = layers.at(-1)!
        const index = at % count
        const beside = layers.slice(0, -1).map((layer, level) => {
          const other = (index >> level) ^ 1
          return NODE_LENGTH * other < layer.length ? nodeAt(layer, other) : emptyNode(level, sha256)
        })
        const proof = concatBytes(beside)
        assert.deepEqual(climb(nodeAt(leaves, index), index, proof, sha256), { node: root, index: 0 })
        const spoilt = proof.slice()
        spoilt[bit % spoilt.length]! ^= 1
        assert.notDeepEqual(climb(nodeAt(leaves, index), index, spoilt, sha256).node, root)
      }),
      { numRuns: 30 },
    )
  })
})
