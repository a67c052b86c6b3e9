import type { Micros } from '../../core/time.ts'
import { SECOND } from '../../core/time.ts'

/** When nothing moved for this long, it is said why; and again each minute. */
const FIRST = 10 * SECOND
const AGAIN = 60 * SECOND

/** Notices that a download stands still. */
export class StuckWatch {
  #at: Micros
  #total: number

  /** `total`: bytes received before. */
  constructor(now: Micros, total = 0) {
    this.#at = now + FIRST
    this.#total = total
  }

  /** To be asked each second or so; `total`: bytes received so far. True when it is time to say why none came. */
  isStuck(now: Micros, total: number): boolean {
    if (now < this.#at) return false
    const moved = total > this.#total
    this.#total = total
    this.#at = now + (moved ? FIRST : AGAIN)
    return !moved
  }
}
