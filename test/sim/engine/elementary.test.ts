import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { exp, ln } from '../../../sim/engine/elementary.ts'

const near = (value: number, expected: number): boolean =>
  Math.abs(value - expected) <= 1e-13 * Math.max(1, Math.abs(expected))

describe('elementary functions', () => {
  it('agree with those of the engine to thirteen digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) =>
        near(ln(value), Math.log(value)),
      ),
    )
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (value) => {
        assert.ok(near(exp(value) / Math.exp(value), 1), `${value}`)
      }),
    )
  })

  it('are inverse to each other, and end at zero and infinity', () => {
    assert.equal(ln(1), 0)
    assert.equal(exp(0), 1)
    assert.ok(near(ln(exp(3)), 3))
    assert.equal(exp(-1_000), 0)
    assert.equal(exp(1_000), Number.POSITIVE_INFINITY)
  })

  it('give the bits that were committed, whatever engine runs them', () => {
    assert.equal(ln(1_000), 6.907755278982137)
    assert.equal(exp(5), 148.41315910257663)
  })
})
