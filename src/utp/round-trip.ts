import { MILLISECOND, type Micros, SECOND } from '../core/time.ts'

const FIRST_TIMEOUT: Micros = SECOND
/** BEP 29. */
const SHORTEST_TIMEOUT: Micros = 500 * MILLISECOND
const LONGEST_TIMEOUT: Micros = 16 * SECOND

/** Round trips of packets that were sent once, and how long an acknowledgement is waited for (BEP 29, RFC 6298). */
export class RoundTrip {
  /** Mean; 0: none measured yet. */
  mean: Micros = 0
  /** The shortest of all. */
  least: Micros = Number.POSITIVE_INFINITY
  #deviation: Micros = 0
  /** Time-outs in a row. */
  #backOff = 0

  sample(trip: Micros): void {
    if (trip < this.least) this.least = trip
    if (this.mean === 0) {
      this.mean = Math.max(1, trip)
      this.#deviation = trip >> 1
      return
    }
    const delta = trip - this.mean
    this.#deviation += (Math.abs(delta) - this.#deviation) / 4
    this.mean = Math.max(1, this.mean + delta / 8)
  }

  get timeouts(): number {
    return this.#backOff
  }

  timedOut(): void {
    this.#backOff += 1
  }

  /** Something came through. */
  answered(): void {
    this.#backOff = 0
  }

  /** Doubled with each time-out in a row. */
  get timeout(): Micros {
    const base = this.mean === 0 ? FIRST_TIMEOUT : Math.max(SHORTEST_TIMEOUT, this.mean + 4 * this.#deviation)
    return Math.ceil(Math.min(LONGEST_TIMEOUT, base * 2 ** Math.min(this.#backOff, 10)))
  }
}
