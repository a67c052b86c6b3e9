import { TokenBucket } from '../core/rate.ts'
import { MINUTE, type Micros, SECOND } from '../core/time.ts'
import type { Counters } from './counters.ts'
import type { PeerOptions } from './options.ts'

/**
 * Patience with messages that carry nothing. A choke or interest message is useless when it repeats what was so, or flips
 * back without anything having happened in between (`news`); a keep-alive always is. A peer that sends one now and then is
 * never noticed, one that keeps sending them runs out of patience.
 */
export class FloodControl {
  readonly #counters: Counters
  readonly #unknown: TokenBucket
  readonly #useless: TokenBucket
  #news = true

  constructor(now: Micros, options: PeerOptions, counters: Counters) {
    const perMinute = options.maxUnknownPerMinute
    this.#counters = counters
    this.#unknown = new TokenBucket(now, (perMinute * SECOND) / MINUTE, perMinute)
    this.#useless = new TokenBucket(now, SECOND / options.uselessForgotten, options.uselessBurst)
  }

  /** Payload went either way, or one side announced something: a flip has a reason. */
  news(): void {
    this.#news = true
  }

  /** An unknown message came; false when there were too many. */
  unknown(now: Micros): boolean {
    this.#counters.unknown += 1
    return this.#unknown.tryTake(now, 1)
  }

  /** A choke or interest message came; false when there were too many without use. */
  flip(now: Micros, changed: boolean): boolean {
    const useful = changed && this.#news
    this.#news = false
    return useful || this.useless(now)
  }

  /** A message without use came; false when there were too many. */
  useless(now: Micros): boolean {
    this.#counters.useless += 1
    return this.#useless.tryTake(now, 1)
  }
}
