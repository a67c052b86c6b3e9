import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/core/bytes.ts'
import { commonPrefix, compareDistance, randomId, randomIdWithPrefix } from '../../src/core/id.ts'
import { rolls } from './rolls.ts'

const id = fc.uint8Array({ minLength: 20, maxLength: 20 })
const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`)

describe('the XOR metric', () => {
  it('orders ids as their distances are ordered as numbers', () => {
    fc.assert(
      fc.property(id, id, id, (target, a, b) => {
        const expected = (number(a) ^ number(target)) - (number(b) ^ number(target))
        assert.equal(Math.sign(compareDistance(target, a, b)), expected < 0n ? -1 : expected > 0n ? 1 : 0)
        assert.equal(compareDistance(target, a, a), 0)
      }),
      { numRuns: 300 },
    )
  })

  it('tells ids apart that differ in the last bit alone', () => {
    const target = new Uint8Array(20)
    const near = new Uint8Array(20)
    const far = new Uint8Array(20)
    far[19] = 1
    assert.ok(compareDistance(target, near, far) < 0)
    assert.equal(commonPrefix(near, far), 159)
    assert.equal(commonPrefix(near, near), 160)
  })

  it('counts the leading bits that two ids share', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        const distance = number(a) ^ number(b)
        assert.equal(commonPrefix(a, b), distance === 0n ? 160 : 160 - distance.toString(2).length)
      }),
      { numRuns: 300 },
    )
  })
})

describe('random ids', () => {
  it('have twenty bytes, and differ', () => {
    const rng = rolls(1)
    const [a, b] = [randomId(rng), randomId(rng)]
    assert.deepEqual([a.length, b.length], [20, 20])
    assert.notDeepEqual(a, b)
  })

  it('9.08 share the wanted prefix and are random behind it', () => {
    const rng = rolls(2)
    fc.assert(
      fc.property(id, fc.integer({ min: 0, max: 160 }), (prefix, bits) => {
        assert.ok(commonPrefix(randomIdWithPrefix(rng, prefix, bits), prefix) >= bits)
      }),
      { numRuns: 300 },
    )
    const prefix = new Uint8Array(20)
    const tails = new Set(
      Array.from({ length: 50 }, () => commonPrefix(randomIdWithPrefix(rng, prefix, 13), prefix)),
    )
    assert.ok(tails.has(13) && tails.size > 2)
  })
})
