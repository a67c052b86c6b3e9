import { BLOCK_LENGTH } from './geometry.ts'
import { TokenBucket } from './rate.ts'
import type { Micros } from './time.ts'

/** What may pass at once after a rest, as a share of a second: timers that come late cost nothing up to there. */
const BURST = 0.2
/** Who waits is let in when so much of the burst is there, so that many who wait are woken 20 times a second and not for each block. */
const WORTH_WAKING = 0.05
/** What cannot be held back goes into debt no further than so many seconds, and a block: protocol alone must not starve payload for long. */
const LONGEST_DEBT = 1

/**
 * A limit of bytes a second. What can be held back asks whether it is `ready`, what cannot is only taken from it. One within another
 * lets through what both do.
 */
export class RateLimit {
  readonly #outer: RateLimit | undefined
  readonly #bucket: TokenBucket
  #rate: number

  /** `rate` may be `Infinity`: none. */
  constructor(now: Micros, rate: number, outer?: RateLimit) {
    this.#rate = rate
    this.#bucket = new TokenBucket(now, rate, rate * BURST)
    this.#outer = outer
  }

  /** Bytes a second, the lowest of all that it is within. */
  get rate(): number {
    return Math.min(this.#rate, this.#outer?.rate ?? this.#rate)
  }

  /** Who waits must ask again. */
  setRate(now: Micros, rate: number): void {
    this.#rate = rate
    this.#bucket.setRate(now, rate, rate * BURST)
  }

  ready(now: Micros): boolean {
    return this.#bucket.ready(now) && (this.#outer === undefined || this.#outer.ready(now))
  }

  /** Whether somebody waits for it, as a rule: what is let through at once after a rest is used up. */
  inTheWay(now: Micros): boolean {
    const used =
      this.#rate !== Number.POSITIVE_INFINITY && !this.#bucket.holds(now, this.#rate * WORTH_WAKING)
    return used || this.#outer?.inTheWay(now) === true
  }

  /** Less than nothing gives back what had been taken for something that was not sent, or will not come. */
  take(now: Micros, bytes: number): void {
    this.#bucket.take(now, bytes, BLOCK_LENGTH + this.#rate * LONGEST_DEBT)
    this.#outer?.take(now, bytes)
  }

  /** When to ask again; `now` when it is ready already. */
  readyAt(now: Micros): Micros {
    const own = this.#bucket.readyAt(now, this.#rate * WORTH_WAKING)
    return Math.max(own, this.#outer?.readyAt(now) ?? now)
  }
}

/** Both directions of a session, or of a torrent within one. */
export class RateLimits {
  static readonly NONE: RateLimits = new RateLimits(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  readonly down: RateLimit
  readonly up: RateLimit

  constructor(now: Micros, download: number, upload: number, outer?: RateLimits) {
    this.down = new RateLimit(now, download, outer?.down)
    this.up = new RateLimit(now, upload, outer?.up)
  }

  set(now: Micros, download: number, upload: number): void {
    this.down.setRate(now, download)
    this.up.setRate(now, upload)
  }
}
