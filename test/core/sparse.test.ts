import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SparseMap } from '../../src/core/sparse-map.ts'
import { SparseSet } from '../../src/core/sparse-set.ts'

const STEPS = fc.array(
  fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'clear'), key: fc.nat(4), value: fc.nat() }),
)

describe('a sparse map and a sparse set', () => {
  it('hold what a map and a set hold, in the same order', () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        const [map, set] = [new Map<number, number>(), new Set<number>()]
        const [sparseMap, sparseSet] = [new SparseMap<number, number>(), new SparseSet<number>()]
        for (const { kind, key, value } of steps) {
          if (kind === 'set') {
            map.set(key, value)
            set.add(key)
            sparseMap.set(key, value)
            sparseSet.add(key)
          } else if (kind === 'delete') {
            assert.equal(sparseMap.delete(key), map.delete(key))
            assert.equal(sparseSet.delete(key), set.delete(key))
          } else {
            map.clear()
            sparseMap.clear()
          }
          assert.deepEqual([...sparseMap], [...map])
          assert.deepEqual([...sparseMap.keys()], [...map.keys()])
          assert.deepEqual([...sparseMap.values()], [...map.values()])
          assert.deepEqual([...sparseSet], [...set])
          assert.deepEqual([sparseMap.size, sparseSet.size], [map.size, set.size])
          assert.equal(sparseMap.get(key), map.get(key))
          assert.deepEqual([sparseMap.has(key), sparseSet.has(key)], [map.has(key), set.has(key)])
        }
      }),
    )
  })
})
