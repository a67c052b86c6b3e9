import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RateMeter, TokenBucket } from '../../src/core/rate.ts'
import { NEVER, SECOND } from '../../src/core/time.ts'

describe('a token bucket', () => {
  it('gives its burst at once and its rate from then on', () => {
    const bucket = new TokenBucket(0, 2, 10)
    let taken = 0
    while (bucket.tryTake(0, 1)) taken += 1
    assert.equal(taken, 10)
    assert.equal(bucket.tryTake(SECOND / 2 - 1, 1), false)
    assert.equal(bucket.tryTake(SECOND / 2, 1), true)
    for (let second = 1; second < 60; second++) {
      while (bucket.tryTake(second * SECOND, 1)) taken += 1
    }
    assert.ok(taken >= 10 + 116 && taken <= 10 + 118, `${taken}`)
  })

  it('goes into debt by a large unit and is ready when that is paid', () => {
    const bucket = new TokenBucket(0, 1_000, 100)
    assert.ok(bucket.ready(0))
    bucket.take(0, 16_384)
    assert.ok(!bucket.ready(0))
    const at = bucket.readyAt(0)
    assert.ok(bucket.ready(at))
    assert.ok(at > 16 * SECOND && at < 17 * SECOND)
  })

  it('has no limit at an infinite rate, and none of it left over afterwards', () => {
    const bucket = new TokenBucket(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    assert.ok(bucket.tryTake(0, 1e12) && bucket.ready(0))
    assert.equal(bucket.readyAt(5), 5)
    bucket.setRate(10, 1, 2)
    assert.ok(bucket.tryTake(10, 2))
    assert.ok(!bucket.tryTake(10, 1))
    bucket.setRate(11, Number.POSITIVE_INFINITY, 2)
    assert.ok(bucket.tryTake(11, 1e12))
  })

  it('is never ready at rate 0 once it is empty', () => {
    const bucket = new TokenBucket(0, 0, 1)
    assert.ok(bucket.tryTake(0, 1))
    assert.equal(bucket.readyAt(0), NEVER)
    assert.ok(!bucket.ready(1e15))
  })

  it('is not confused by a clock that stands still or goes back', () => {
    const bucket = new TokenBucket(100, 1, 1)
    assert.ok(bucket.tryTake(100, 1))
    assert.ok(!bucket.tryTake(50, 1))
    assert.ok(!bucket.tryTake(100 + SECOND - 1, 1))
    assert.ok(bucket.tryTake(100 + SECOND, 1))
  })

  it('never gives more than its burst and its rate allow, and is ready when it says so', () => {
    const step = fc.tuple(fc.nat(3 * SECOND), fc.integer({ min: 1, max: 8 }))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(step),
        (rate, burst, steps) => {
          const bucket = new TokenBucket(0, rate, burst)
          let now = 0
          let taken = 0
          for (const [pause, amount] of steps) {
            now += pause
            if (bucket.tryTake(now, amount)) taken += amount
            assert.ok(taken <= burst + (rate * now) / SECOND + 1e-6)
            const at = bucket.readyAt(now)
            assert.ok(at >= now && Number.isInteger(at))
          }
          assert.ok(bucket.ready(bucket.readyAt(now)))
        },
      ),
    )
  })
})

describe('a rate meter', () => {
  it('shows a steady rate as it is, wherever in a slot it is asked', () => {
    const meter = new RateMeter()
    for (let now = 0; now < 20 * SECOND; now += SECOND / 10) {
      meter.add(now, 100)
      if (now > 6 * SECOND) assert.ok(Math.abs(meter.rate(now) - 1_000) <= 30, `${now}: ${meter.rate(now)}`)
    }
    assert.equal(meter.total, 20_000)
  })

  it('starts with the time since the first addition, a slot at least', () => {
    const meter = new RateMeter()
    assert.equal(meter.rate(0), 0)
    meter.add(10 * SECOND, 500)
    assert.equal(meter.rate(10 * SECOND), 500)
    assert.equal(meter.rate(12 * SECOND), 250)
  })

  it('forgets what is older than its window, after short and long pauses', () => {
    for (const pause of [5, 6, 9, 1_000_000]) {
      const meter = new RateMeter()
      meter.add(0, 1_000)
      assert.equal(meter.rate(pause * SECOND), 0, `${pause}`)
      meter.add(pause * SECOND, 40)
      assert.ok(meter.rate(pause * SECOND) <= 40)
      assert.equal(meter.total, 1_040)
    }
  })

  it('counts in the slot in hand when the clock goes back', () => {
    const meter = new RateMeter()
    meter.add(10 * SECOND, 100)
    meter.add(9 * SECOND, 100)
    assert.equal(meter.rate(10 * SECOND), 200)
  })
})
