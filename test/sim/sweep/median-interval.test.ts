import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { medianInterval } from '../../../sim/sweep/median-interval.ts'

/** Probability that at least `least` of `draws` fall where each falls with probability `share`. */
function atLeast(least: number, draws: number, share: number): number {
  let [sum, ways] = [0, 1]
  for (let hits = 0; hits <= draws; hits++) {
    if (hits >= least) sum += ways * share ** hits * (1 - share) ** (draws - hits)
    ways = (ways * (draws - hits)) / (hits + 1)
  }
  return sum
}

/**
 * Of the values 1 to n, n odd: the median of a resample is at most k exactly when more than half of its draws are, and each
 * is with probability k/n. So the quantile of the median over all resamples is known without any.
 */
function exactQuantile(n: number, share: number): number {
  for (let k = 1; k < n; k++) if (atLeast((n + 1) / 2, n, k / n) >= share) return k
  return n
}

describe('the interval of a median', () => {
  it('has the bounds that all resamples together would give', () => {
    for (const n of [9, 25, 51]) {
      const values = Array.from({ length: n }, (_, index) => index + 1)
      const { runs, median, low, high } = medianInterval(values, `of ${n}`)
      assert.deepEqual([runs, median], [n, (n + 1) / 2])
      // A thousand resamples miss a quantile by one rank where its probability lies close to a step.
      assert.ok(Math.abs(low! - exactQuantile(n, 0.025)) <= 1, `${n}: low ${low}`)
      assert.ok(Math.abs(high! - exactQuantile(n, 0.975)) <= 1, `${n}: high ${high}`)
      assert.ok(low! < median && high! > median)
    }
  })

  it('holds the true median in about 95 of 100 samples', () => {
    let state = 1
    const uniform = (): number => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    let held = 0
    for (let i = 0; i < 200; i++) {
      const { low, high } = medianInterval(Array.from({ length: 21 }, uniform), `sample ${i}`)
      if (low! <= 0.5 && high! >= 0.5) held += 1
    }
    assert.ok(held >= 180 && held <= 199, `${held} of 200`)
  })

  it('is the same for the same values in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), (values) => {
        const there = medianInterval(values, 'metric')
        assert.deepEqual(medianInterval(values.toReversed(), 'metric'), there)
        if (there.low !== undefined) assert.ok(there.low <= there.median && there.median <= there.high!)
      }),
      { numRuns: 20 },
    )
  })

  it('is not said of fewer than five runs', () => {
    assert.deepEqual(medianInterval([1, 2, 9, 4], 'metric'), { runs: 4, median: 3 })
    assert.deepEqual(medianInterval([5, 5, 5, 5, 5], 'metric'), { runs: 5, median: 5, low: 5, high: 5 })
  })
})
