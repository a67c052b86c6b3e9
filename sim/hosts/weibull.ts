import { type Rng, unit } from '../../src/core/rng.ts'
import type { Micros } from '../../src/core/time.ts'
import { exp, ln } from '../engine/elementary.ts'

/** A Weibull distribution of durations: P(X > x) = exp(-(x / scale)^shape). */
export interface Weibull {
  readonly scale: Micros
  /** Below 1: the longer something has lasted, the longer it will. */
  readonly shape: number
}

/** One duration, in whole microseconds, at least one. */
export function draw({ scale, shape }: Weibull, rng: Rng): Micros {
  return duration(scale, -ln(positiveUnit(rng)), shape)
}

/** One of the durations that are under way at a moment, with how much of it is over then. */
export interface UnderWay {
  readonly age: Micros
  readonly rest: Micros
}

/**
 * What an observer meets who comes at any time: long durations in proportion to their length (x f(x) / mean, of which
 * (x / scale)^shape is gamma distributed with 1 + 1 / shape), at a place within them where each is as likely.
 */
export function drawUnderWay({ scale, shape }: Weibull, rng: Rng): UnderWay {
  const whole = duration(scale, gamma(1 + 1 / shape, rng), shape)
  const age = Math.floor(whole * unit(rng))
  return { age, rest: whole - age }
}

/** `scale` times the power 1 / `shape` of `hazard`. */
function duration(scale: Micros, hazard: number, shape: number): Micros {
  return hazard === 0 ? 1 : Math.max(1, Math.round(scale * exp(ln(hazard) / shape)))
}

/** A gamma variate of `shape` ≥ 1 and scale 1 (Marsaglia and Tsang, 2000). */
function gamma(shape: number, rng: Rng): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(rng)
    const v = (1 + c * x) ** 3
    if (v > 0 && ln(positiveUnit(rng)) < (x * x) / 2 + d * (1 - v + ln(v))) return d * v
  }
}

/** A standard normal variate by the polar method, which needs no sine. */
function normal(rng: Rng): number {
  for (;;) {
    const x = 2 * unit(rng) - 1
    const y = 2 * unit(rng) - 1
    const square = x * x + y * y
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * ln(square)) / square)
  }
}

/** Uniform in (0, 1), of 53 bits: the tail of a heavy distribution lies beyond what 32 reach. */
function positiveUnit(rng: Rng): number {
  const high = rng.u32() >>> 5
  const low = rng.u32() >>> 6
  return (high * 0x400_0000 + low + 0.5) / 0x20_0000_0000_0000
}
