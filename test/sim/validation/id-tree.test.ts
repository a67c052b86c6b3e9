import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../../sim/engine/rng.ts'
import { Ring } from '../../../sim/experiment/ring.ts'
import { IdTree } from '../../../sim/validation/id-tree.ts'
import { compareBytes, toHex } from '../../../src/core/bytes.ts'
import { randomId } from '../../../src/core/id.ts'

function idsOf(tree: IdTree): Uint8Array[] {
  return Array.from({ length: tree.size }, (_, rank) => tree.idOf(rank))
}

describe('the ids of a procedural network', () => {
  it('ascend with the rank, and no two are alike', () => {
    const ids = idsOf(new IdTree(1, 3_000))
    for (let i = 1; i < ids.length; i++) assert.ok(compareBytes(ids[i - 1]!, ids[i]!) < 0, `${i}`)
  })

  it('are functions of seed and rank, in whatever order they are asked for', () => {
    const [one, two] = [new IdTree(5, 1_000), new IdTree(5, 1_000)]
    const backwards = Array.from({ length: 1_000 }, (_, i) => toHex(two.idOf(999 - i))).reverse()
    assert.deepEqual(idsOf(one).map(toHex), backwards)
    assert.notEqual(toHex(new IdTree(6, 1_000).idOf(0)), toHex(one.idOf(0)))
  })

  it('are uniform: each sixteenth has its share, within four deviations, and each bit is set in half', () => {
    const size = 20_000
    const shares = new Array<number>(16).fill(0)
    const set = new Array<number>(160).fill(0)
    for (const id of idsOf(new IdTree(2, size))) {
      shares[id[0]! >> 4]! += 1
      for (let bit = 0; bit < 160; bit++) if ((id[bit >> 3]! & (0x80 >> (bit & 7))) !== 0) set[bit]! += 1
    }
    const far = 4 * Math.sqrt(size / 16)
    for (const share of shares) assert.ok(Math.abs(share - size / 16) < far, `${share}`)
    for (const count of set) assert.ok(Math.abs(count - size / 2) < 4.5 * Math.sqrt(size / 4), `${count}`)
  })

  it('spread as chance spreads them: the sizes of small subtrees have the variance of a Poisson process', () => {
    const sizes = new Array<number>(4_096).fill(0)
    for (const id of idsOf(new IdTree(3, 16_384))) sizes[(id[0]! << 4) | (id[1]! >> 4)]! += 1
    const variance = sizes.reduce((sum, count) => sum + (count - 4) ** 2, 0) / sizes.length
    assert.ok(Math.abs(variance - 4) < 0.4, `${variance}`)
  })

  it('that are nearest to a target are those that a list of all would give', () => {
    for (const size of [1, 2, 5, 40, 1_000]) {
      const tree = new IdTree(size, size)
      const ring = new Ring(idsOf(tree))
      const rng = streamFor(size, 0, 'targets')
      for (let i = 0; i < 100; i++) {
        const target = randomId(rng)
        const found = tree.nearest(target, 8).map(toHex).sort()
        assert.deepEqual(found, ring.nearest(target, 8).map(toHex).sort())
      }
    }
  })
})
