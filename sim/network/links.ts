import { type Micros, SECOND } from '../../src/core/time.ts'

/** Bytes per second of a host's access line; `Infinity`: no limit. */
export interface LinkRates {
  readonly up: number
  readonly down: number
}

/**
 * One direction of a host's access line: a first-in, first-out server of so many bytes a second. Fairness between the
 * streams of a host comes from each having at most one quantum in the queue.
 */
export class Link {
  rate: number
  /** Bytes that went through. */
  carried = 0
  /** Kept as a fraction, so that rounding up single packets does not slow the line. */
  #freeAt = 0

  constructor(rate: number) {
    this.rate = rate
  }

  /** When the last of `bytes` has left, after all that was queued before. */
  send(now: Micros, bytes: number): Micros {
    this.carried += bytes
    if (this.rate === Number.POSITIVE_INFINITY) return now
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes / this.rate) * SECOND
    return Math.ceil(this.#freeAt)
  }

  /**
   * When the last of `bytes` is in, its last bit arriving at `now`. Bits come in while the sender still sends, so an idle
   * line adds nothing, and a busy one holds back to its rate.
   */
  receive(now: Micros, bytes: number): Micros {
    this.carried += bytes
    if (this.rate === Number.POSITIVE_INFINITY) return now
    this.#freeAt = Math.max(now, this.#freeAt + (bytes / this.rate) * SECOND)
    return Math.ceil(this.#freeAt)
  }

  /** How long something entering now would wait. */
  backlog(now: Micros): Micros {
    return Math.max(0, this.#freeAt - now)
  }
}
