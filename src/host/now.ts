import { MILLISECOND, type Micros } from '../core/time.ts'

/** Microseconds since the process began; never goes back. */
export function now(): Micros {
  return Math.floor(performance.now() * MILLISECOND)
}
