import { median, quantileSorted, sampleWithReplacement } from 'simple-statistics'
import { unit } from '../../src/core/rng.ts'
import { streamFor } from '../engine/rng.ts'

/** A median, and between which bounds it lies with 95 % confidence. */
export interface Interval {
  readonly runs: number
  readonly median: number
  /** Not said of fewer than five runs. */
  readonly low?: number
  readonly high?: number
}

const FEWEST_RUNS = 5
const RESAMPLES = 1_000

/**
 * Percentile bootstrap (Efron 1979): medians of resamples, drawn with replacement. `name` seeds the draws, so the same values
 * have the same interval everywhere. `values` must not be empty.
 */
export function medianInterval(values: readonly number[], name: string): Interval {
  const runs = values.length
  // In an order of their own: the interval must not depend on which run ended first.
  const sorted = values.toSorted((a, b) => a - b)
  const middle = rounded(median(sorted))
  if (runs < FEWEST_RUNS) return { runs, median: middle }
  const rng = streamFor(runs, 0, name)
  const medians: number[] = []
  for (let i = 0; i < RESAMPLES; i++)
    medians.push(median(sampleWithReplacement(sorted, runs, () => unit(rng))))
  medians.sort((a, b) => a - b)
  return {
    runs,
    median: middle,
    low: rounded(quantileSorted(medians, 0.025)),
    high: rounded(quantileSorted(medians, 0.975)),
  }
}

/** As many digits as a metric has. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
