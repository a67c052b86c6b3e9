import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { below, between, jittered, unit } from '../../src/core/rng.ts'
import { rolls, scripted } from './rolls.ts'

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 })

describe('random numbers', () => {
  it('below a bound stay below it and are unbiased: draws in the uneven rest are thrown away', () => {
    assert.equal(below(scripted(0xffffffff, 7), 3), 1)
    assert.equal(below(scripted(0xfffffffe), 3), 2)
    assert.equal(below(scripted(0xffffffff), 2 ** 32), 0xffffffff)
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 2 ** 32 }), (start, bound) => {
        const value = below(rolls(start), bound)
        assert.ok(Number.isInteger(value) && value >= 0 && value < bound)
      }),
    )
  })

  it('between two ends reach both, whatever the span', () => {
    const found = new Set(Array.from({ length: 100 }, (_, i) => between(rolls(i + 1), 3, 5)))
    assert.deepEqual([...found].sort(), [3, 4, 5])
    assert.equal(between(scripted(0), 7, 7), 7)
    const far = between(scripted(0xffffffff), 0, 2 ** 40)
    assert.ok(far <= 2 ** 40 && far > 2 ** 39)
  })

  it('in the unit interval never reach 1', () => {
    assert.equal(unit(scripted(0)), 0)
    assert.ok(unit(scripted(0xffffffff)) < 1)
  })

  it('that are jittered stay within the share, whole', () => {
    assert.equal(jittered(scripted(0), 1_000, 0.2), 800)
    assert.equal(jittered(scripted(0x80000000), 1_000, 0.2), 1_000)
    fc.assert(
      fc.property(seed, (start) => {
        const value = jittered(rolls(start), 900, 0.2)
        assert.ok(Number.isInteger(value) && value >= 720 && value <= 1_080)
      }),
    )
  })
})
