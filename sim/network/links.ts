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
  /** Bytes that went through. */
  carried = 0
  /** Datagrams that found too long a queue. */
  dropped = 0
  #rate: number
  /** Asked first: a line without a limit has no queue to look at. */
  #limited: boolean
  /** Kept as a fraction, so that rounding up single packets does not slow the line. */
  #freeAt = 0

  constructor(rate: number) {
    this.#rate = rate
    this.#limited = rate !== Number.POSITIVE_INFINITY
  }

  /** Bytes a second. */
  get rate(): number {
    return this.#rate
  }

  /** Holds for what enters from now on; what is queued leaves as it would have. */
  set rate(rate: number) {
    this.#rate = rate
    this.#limited = rate !== Number.POSITIVE_INFINITY
  }

  /** Whether a datagram may join a queue of at most `longest`; counts it as dropped if not. */
  admits(now: Micros, longest: Micros): boolean {
    if (!this.#limited || this.#freeAt - now <= longest) return true
    this.dropped += 1
    return false
  }

  /** When the last of `bytes` has left, after all that was queued before. */
  send(now: Micros, bytes: number): Micros {
    this.carried += bytes
    if (!this.#limited) return now
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes / this.#rate) * SECOND
    return Math.ceil(this.#freeAt)
  }

  /**
   * When the last of `bytes` is in, its last bit arriving at `now`. Bits come in while the sender still sends, so an idle
   * line adds nothing, and a busy one holds back to its rate.
   */
  receive(now: Micros, bytes: number): Micros {
    this.carried += bytes
    if (!this.#limited) return now
    this.#freeAt = Math.max(now, this.#freeAt + (bytes / this.#rate) * SECOND)
    return Math.ceil(this.#freeAt)
  }

  /** How long something entering now would wait. */
  backlog(now: Micros): Micros {
    return this.#limited ? Math.max(0, this.#freeAt - now) : 0
  }
}
