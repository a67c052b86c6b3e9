import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IssuedTokens } from '../../../sim/invariants/issued-tokens.ts'
import { MINUTE } from '../../../src/core/time.ts'

const LIFE = 15 * MINUTE

/** 32-bit numbers that have nothing to do with each other. */
const keyOf = (i: number): number => Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i + 7, 0x85ebca6b)

describe('issued tokens', () => {
  it('are known from the moment of their issue to the end of their life, whatever the phase', () => {
    for (let phase = 0; phase < 6; phase++) {
      const issued = new IssuedTokens(LIFE)
      const at = (phase + 0.5) * MINUTE
      issued.add(at, 7)
      for (const age of [0, 1, MINUTE, 10 * MINUTE, LIFE])
        assert.ok(issued.has(at + age, 7), `${phase}, ${age}`)
    }
  })

  it('are forgotten a third of a life later, at the latest', () => {
    const issued = new IssuedTokens(LIFE)
    issued.add(MINUTE, 7)
    assert.equal(issued.has(MINUTE + LIFE + LIFE / 3, 7), false)
    issued.add(1_000 * LIFE, 8)
    assert.deepEqual([issued.has(1_000 * LIFE, 7), issued.has(1_000 * LIFE, 8)], [false, true])
  })

  it('are all known, and hardly any that was never issued', () => {
    const issued = new IssuedTokens(LIFE)
    const count = 100_000
    for (let i = 0; i < count; i++) issued.add(0, keyOf(i))
    let wrong = 0
    for (let i = 0; i < count; i++) {
      assert.ok(issued.has(1, keyOf(i)))
      if (issued.has(1, keyOf(count + i))) wrong += 1
    }
    assert.ok(wrong < count / 1_000, `${wrong} of ${count}`)
  })
})
