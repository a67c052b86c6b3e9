import type { Micros } from '../core/time.ts'
import type { PeerOptions } from './options.ts'

/** Weights of a new sample in mean and deviation, as TCP has them (RFC 6298). */
const MEAN_SHARE = 1 / 8
const DEVIATION_SHARE = 1 / 4
const DEVIATIONS = 4
/** A steady line has hardly any deviation, and slows down by half when its sender serves twice as many. */
const MEANS = 4

/**
 * How long to wait for the next block: four times the mean of the time each took, or the mean plus four deviations, whichever is
 * longer; doubled by each failure in a row.
 */
export class BlockTimer {
  readonly #options: PeerOptions
  #mean = -1
  #deviation = 0
  #failures = 0
  #lastArrival: Micros

  constructor(now: Micros, options: PeerOptions) {
    this.#options = options
    this.#lastArrival = now
  }

  /** A block requested at `sentAt` has arrived; returns how long it took, time spent on earlier blocks left out. */
  arrived(now: Micros, sentAt: Micros): Micros {
    const took = now - Math.max(sentAt, this.#lastArrival)
    if (this.#mean < 0) {
      this.#mean = took
      this.#deviation = took / 2
    } else {
      const error = took - this.#mean
      this.#mean += error * MEAN_SHARE
      this.#deviation += (Math.abs(error) - this.#deviation) * DEVIATION_SHARE
    }
    this.#failures = 0
    this.#lastArrival = now
    return took
  }

  failed(): void {
    this.#failures += 1
  }

  /** When to give up, if the oldest request was sent at `sentAt`. */
  deadline(sentAt: Micros): Micros {
    return Math.max(sentAt, this.#lastArrival) + this.#patience
  }

  get #patience(): Micros {
    const { firstBlockTimeout, minBlockTimeout, maxBlockTimeout } = this.#options
    const usual = Math.max(MEANS * this.#mean, this.#mean + DEVIATIONS * this.#deviation)
    const expected = this.#mean < 0 ? firstBlockTimeout : Math.ceil(usual)
    const patient = Math.max(minBlockTimeout, expected) * 2 ** Math.min(this.#failures, 16)
    return Math.min(maxBlockTimeout, patient)
  }
}
