import { ID_LENGTH } from '../core/id.ts'

/** Some of the info-hashes that a node keeps peers of (BEP 51). */
export interface HashSample {
  /** One after another, 20 bytes each. */
  readonly hashes: Uint8Array
  /** How many it keeps in all. */
  readonly total: number
  /** Seconds until it tells others; until then there is no use in asking it again. */
  readonly interval: number
}

const LONGEST_INTERVAL = 21_600

/** What a node said, brought into its bounds: a list that is none is empty, and there are at least as many hashes as it names. */
export function soundSample(hashes: Uint8Array, total: number, interval: number): HashSample {
  const whole = hashes.length % ID_LENGTH === 0 ? hashes : new Uint8Array(0)
  return {
    hashes: whole,
    total: Math.max(total, whole.length / ID_LENGTH),
    interval: Math.min(Math.max(interval, 0), LONGEST_INTERVAL),
  }
}
