import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TARGETS } from './targets.ts'

/** Cases of each target here; `npm run fuzz` has a million. */
const CASES = 3_000
/** Of a second run of the same seed. */
const AGAIN = 500

describe('RS12: mutated input neither throws nor makes anything be kept beyond its cap', () => {
  for (const [name, target] of Object.entries(TARGETS)) {
    // Datagrams have a test of their own (2.37).
    if (name.startsWith('dht')) continue
    it(`${name}, and the same seed gives the same cases`, () => {
      const [one, two] = [target(1), target(1)]
      for (let i = 0; i < AGAIN; i++) one.step()
      for (let i = 0; i < AGAIN; i++) two.step()
      assert.equal(one.summary(), two.summary())
      while (one.fed < CASES) one.step()
    })
  }
})
