import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { RateLimit } from '../../src/core/rate-limit.ts'
import { SECOND } from '../../src/core/time.ts'

const NONE = Number.POSITIVE_INFINITY

/** Blocks that pass within `seconds`, when somebody always waits. */
function blocks(limit: RateLimit, from: number, seconds: number): { passed: number; wakeUps: number } {
  let [passed, wakeUps] = [0, 0]
  for (let now = from; now < from + seconds * SECOND; now = limit.readyAt(now)) {
    wakeUps += 1
    for (; limit.ready(now); passed++) limit.take(now, BLOCK_LENGTH)
  }
  return { passed, wakeUps }
}

describe('a rate limit', () => {
  it('lets its rate through, and wakes who waits twenty times a second at most', () => {
    for (const rate of [1, 50, 1000]) {
      const { passed, wakeUps } = blocks(new RateLimit(0, rate * BLOCK_LENGTH), 0, 20)
      assert.ok(Math.abs(passed - 20 * rate) <= 0.2 * rate + 1, `${passed} at ${rate}`)
      assert.ok(wakeUps <= 20 * 20 + 1, `${wakeUps} at ${rate}`)
    }
  })

  it('within another lets through what both do', () => {
    const outer = new RateLimit(0, 10 * BLOCK_LENGTH)
    const [one, two] = [new RateLimit(0, NONE, outer), new RateLimit(0, 2 * BLOCK_LENGTH, outer)]
    assert.ok(Math.abs(blocks(two, 0, 10).passed - 20) <= 2)
    assert.ok(Math.abs(blocks(one, 10 * SECOND, 10).passed - 100) <= 3)
  })

  it('is not owed more than a second and a block by what cannot be held back', () => {
    const limit = new RateLimit(0, 1000)
    for (let i = 0; i < 1000; i++) limit.take(0, 1000)
    assert.ok(!limit.ready(17 * SECOND))
    assert.ok(limit.ready(18 * SECOND))
  })

  it('counts what is given back', () => {
    const limit = new RateLimit(0, 1000)
    limit.take(0, BLOCK_LENGTH)
    assert.ok(!limit.ready(SECOND))
    limit.take(SECOND, -BLOCK_LENGTH)
    assert.ok(limit.ready(SECOND))
  })
})
