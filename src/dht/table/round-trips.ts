import { MILLISECOND, type Micros } from '../../core/time.ts'

/** Round trips are kept in a byte, in these units. */
const UNIT: Micros = 4 * MILLISECOND
const MOST_UNITS = 255

/** What is kept after an answer took `time` where `before` was kept; 0 stands for what nobody knows. */
export function tripAfter(before: number, time: Micros): number {
  if (time === 0) return before
  const units = Math.min(MOST_UNITS, Math.max(1, Math.round(time / UNIT)))
  return before === 0 ? units : Math.round((3 * before + units) / 4)
}

export function tripTime(kept: number): Micros {
  return kept * UNIT
}
