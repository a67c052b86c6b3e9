import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Ring } from '../../../sim/experiment/ring.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { compareDistance } from '../../../src/core/id.ts'

const id = fc.uint8Array({ minLength: 20, maxLength: 20 })

describe('a ring', () => {
  it('finds the nearest ids as sorting all of them by distance does', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(id, { maxLength: 60, selector: toHex }),
        id,
        fc.integer({ min: 1, max: 12 }),
        (ids, target, count) => {
          const expected = ids.toSorted((a, b) => compareDistance(target, a, b)).slice(0, count)
          assert.deepEqual(new Ring(ids).nearest(target, count).map(toHex), expected.map(toHex))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('finds them among ids that are nearly alike', () => {
    const ids = Array.from({ length: 40 }, (_, i) => new Uint8Array(20).fill(7).fill(i, 19))
    const target = new Uint8Array(20).fill(7).fill(0x25, 19)
    assert.deepEqual(
      new Ring(ids).nearest(target, 3).map((one) => one[19]),
      [0x25, 0x24, 0x27],
    )
  })
})
