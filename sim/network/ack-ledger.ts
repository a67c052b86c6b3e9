import type { Micros } from '../../src/core/time.ts'

const FIRST_CAPACITY = 8
const MOST = 64

/**
 * Acknowledgements on their way to a sender, oldest first. The sender looks when it wants to send, so an acknowledgement
 * that nobody waits for costs no event.
 */
export class AckLedger {
  #times: Float64Array = new Float64Array(0)
  #bytes: Float64Array = new Float64Array(0)
  #head = 0
  #size = 0

  /** Of all acknowledgements that were not taken. */
  bytes = 0

  /** None comes before one that was pushed earlier: what it says, it says of all before. */
  push(at: Micros, bytes: number): void {
    this.bytes += bytes
    const capacity = this.#times.length
    const last = (this.#head + this.#size - 1) & (capacity - 1)
    if (this.#size > 0 && (this.#size === MOST || at <= this.#times[last]!)) {
      this.#times[last] = Math.max(at, this.#times[last]!)
      this.#bytes[last]! += bytes
      return
    }
    if (this.#size === capacity) this.#grow()
    const place = (this.#head + this.#size) & (this.#times.length - 1)
    this.#times[place] = at
    this.#bytes[place] = bytes
    this.#size += 1
  }

  /** Bytes of what has come by `now`, which are taken. */
  take(now: Micros): number {
    let taken = 0
    while (this.#size > 0 && this.#times[this.#head]! <= now) {
      taken += this.#bytes[this.#head]!
      this.#head = (this.#head + 1) & (this.#times.length - 1)
      this.#size -= 1
    }
    this.bytes -= taken
    return taken
  }

  /** When `bytes` will have come; `undefined` when they are not all on their way. */
  timeOf(bytes: number): Micros | undefined {
    let left = bytes
    for (let i = 0; i < this.#size; i++) {
      const place = (this.#head + i) & (this.#times.length - 1)
      left -= this.#bytes[place]!
      if (left <= 0) return this.#times[place]!
    }
    return undefined
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, 2 * this.#times.length)
    const times = new Float64Array(capacity)
    const bytes = new Float64Array(capacity)
    for (let i = 0; i < this.#size; i++) {
      const place = (this.#head + i) & (this.#times.length - 1)
      times[i] = this.#times[place]!
      bytes[i] = this.#bytes[place]!
    }
    this.#times = times
    this.#bytes = bytes
    this.#head = 0
  }
}
