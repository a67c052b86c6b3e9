import { MINUTE, type Micros } from '../core/time.ts'

/** Minutes whose least delay is remembered: clocks drift apart by some 6 ms a minute, and routes change. */
const MINUTES = 5
/** The latest samples of the last round trip, of which the least counts: one may have waited for the remote's processor. */
const LATEST = 4

/**
 * How long packets wait in queues on their way, out of one-way delays between clocks that know nothing of each other: what a delay is
 * above the least of the last minutes (RFC 6817). Delays are 32 bits that go round, so only differences mean anything.
 */
export class QueueingDelay {
  /** Of the latest samples the least; `undefined`: there is none. */
  current: Micros | undefined
  /** Differences to `#zero`, by minute and by sample. */
  readonly #minutes: Float64Array = new Float64Array(MINUTES)
  readonly #latest: Float64Array = new Float64Array(LATEST)
  readonly #latestAt: Float64Array = new Float64Array(LATEST)
  #zero = 0
  #minute = 0
  #minuteEnds: Micros = 0
  #next = 0

  /** `delay`: 32 bits, as the remote says it; `trip`: a round trip. */
  sample(now: Micros, delay: number, trip: Micros): void {
    if (this.current === undefined) {
      this.#zero = delay
      this.#minutes.fill(0)
      this.#latest.fill(0)
      this.#minuteEnds = now + MINUTE
    }
    const difference = (delay - this.#zero) | 0
    this.#latest[this.#next] = difference
    this.#latestAt[this.#next] = now
    this.#next = (this.#next + 1) % LATEST
    if (now >= this.#minuteEnds) {
      // Minutes in which nothing came have nothing to say.
      this.#minute = (this.#minute + 1) % MINUTES
      this.#minutes[this.#minute] = difference
      this.#minuteEnds = now + MINUTE
    } else if (difference < this.#minutes[this.#minute]!) this.#minutes[this.#minute] = difference
    this.current = this.#leastSince(now - trip, difference) - least(this.#minutes)
    // With a minute that has just begun the latest may have been before it.
    if (this.current < 0) this.current = 0
  }

  /** Only the last sample counts for the latest. */
  forgetEarlier(): void {
    if (this.current === undefined) return
    const last = this.#latest[(this.#next + LATEST - 1) % LATEST]!
    this.#latest.fill(last)
    this.current = last - least(this.#minutes)
  }

  /** Of the latest samples the least that came after `then`; `last`: the last of them. */
  #leastSince(then: Micros, last: number): number {
    let least = last
    for (let i = 0; i < LATEST; i++) {
      if (this.#latestAt[i]! > then && this.#latest[i]! < least) least = this.#latest[i]!
    }
    return least
  }
}

function least(values: Float64Array): number {
  let least = values[0]!
  for (let i = 1; i < values.length; i++) if (values[i]! < least) least = values[i]!
  return least
}
