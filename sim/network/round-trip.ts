import type { Micros } from '../../src/core/time.ts'
import { repeatAfter } from './tcp.ts'

/** The smoothed round trip of a stream and its deviation (RFC 6298), and when to send again what is not acknowledged. */
export class RoundTrip {
  #mean: Micros
  #deviation: Micros
  #attempt = 1

  /** `first`: measured by the handshake. */
  constructor(first: Micros) {
    this.#mean = first
    this.#deviation = first / 2
  }

  /** How long to wait for an acknowledgement. */
  get patience(): Micros {
    return Math.ceil(repeatAfter(this.#mean, this.#deviation, this.#attempt))
  }

  measured(took: Micros): void {
    this.#deviation = (3 * this.#deviation + Math.abs(this.#mean - took)) / 4
    this.#mean = (7 * this.#mean + took) / 8
  }

  /** Something was acknowledged. */
  answered(): void {
    this.#attempt = 1
  }

  /** Nothing came in time. */
  ranOut(): void {
    this.#attempt += 1
  }
}
