import { BLOCK_LENGTH } from '../core/geometry.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { PeerOptions } from './options.ts'

/** Fewest outstanding requests that keep a live remote busy. */
const MIN_DEPTH = 2
/** Slow start ends when a second brings less than this much more than the one before. */
const GROWTH = 1.1

/**
 * How many requests to keep outstanding. Slow start adds one per block, so it doubles each round trip; then the depth
 * follows the rate: what the remote delivers in a round trip and the target queue. As the queue is longer than the round
 * trip needs, a link with room to spare shows a higher rate, and the depth grows with it.
 */
export class DepthControl {
  readonly #options: PeerOptions
  #limit: number
  #depth: number
  #slowStart = true
  #stalled = false
  /** The least seen: more of it is our own queue. */
  #roundTrip = Number.POSITIVE_INFINITY
  #windowStart: Micros
  #windowBytes = 0
  #lastRate = 0

  constructor(now: Micros, options: PeerOptions) {
    this.#options = options
    this.#windowStart = now
    this.#limit = Math.min(options.defaultRequestQueue, options.maxDepth)
    this.#depth = options.startDepth
  }

  get depth(): number {
    return this.#stalled ? 1 : Math.min(this.#depth, this.#limit)
  }

  /** The remote ran out of time and has delivered nothing in good time since. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** The remote's own limit, `reqq` of BEP 10, a positive integer. */
  allow(requestQueue: number): void {
    this.#limit = Math.min(requestQueue, this.#options.maxDepth)
  }

  /** One at a time until a block takes less than the shortest time-out: a tar pit never holds more. */
  stall(): void {
    this.#stalled = true
  }

  /** The first request after a pause: what was not asked for must not count as slowness. */
  resume(now: Micros): void {
    this.#windowStart = now
    this.#windowBytes = 0
  }

  /** A block of `bytes` arrived `waited` after its request and took `took` of that itself. */
  received(now: Micros, bytes: number, took: Micros, waited: Micros): void {
    if (this.#stalled && took < this.#options.minBlockTimeout) {
      this.#stalled = false
      this.#slowStart = true
      this.#depth = this.#options.startDepth
      this.#lastRate = 0
      this.resume(now)
    }
    this.#roundTrip = Math.min(this.#roundTrip, waited)
    this.#windowBytes += bytes
    if (this.#slowStart && this.#depth < this.#limit) this.#depth += 1
    if (now - this.#windowStart >= SECOND) this.#measure(now)
  }

  #measure(now: Micros): void {
    const rate = (this.#windowBytes / (now - this.#windowStart)) * SECOND
    if (rate < this.#lastRate * GROWTH) this.#slowStart = false
    if (!this.#slowStart) {
      const queued = ((rate + this.#lastRate) / 2) * ((this.#roundTrip + this.#options.targetQueue) / SECOND)
      this.#depth = Math.min(this.#limit, Math.max(MIN_DEPTH, Math.ceil(queued / BLOCK_LENGTH)))
    }
    this.#lastRate = rate
    this.resume(now)
  }
}
