import { NEVER, SECOND } from './time.ts'

/** Token bucket in units (bytes, queries) per second. `rate` may be `Infinity`: no limit. */
export class TokenBucket {
  #rate: number
  #burst: number
  #level: number
  #at: number

  constructor(now: number, rate: number, burst: number) {
    this.#rate = rate
    this.#burst = burst
    this.#level = burst
    this.#at = now
  }

  get rate(): number {
    return this.#rate
  }

  setRate(now: number, rate: number, burst: number): void {
    this.#refill(now)
    this.#rate = rate
    this.#burst = burst
    this.#level = Math.min(this.#level, burst)
  }

  /** Whether anything is left; taking more than is left goes into debt, so large units pass a small bucket. */
  ready(now: number): boolean {
    if (this.#rate === Number.POSITIVE_INFINITY) return true
    this.#refill(now)
    return this.#level > 0
  }

  /** `longestDebt`: what is owed at most. */
  take(now: number, amount: number, longestDebt: number = Number.POSITIVE_INFINITY): void {
    if (this.#rate === Number.POSITIVE_INFINITY) return
    this.#refill(now)
    this.#level = Math.max(-longestDebt, this.#level - amount)
  }

  /** Whether more than `amount` is left. */
  holds(now: number, amount: number): boolean {
    this.#refill(now)
    return this.#level > amount
  }

  /** `take` when the whole amount is there and `spared` of it would be left; false otherwise. */
  tryTake(now: number, amount: number, spared = 0): boolean {
    if (this.#rate === Number.POSITIVE_INFINITY) return true
    this.#refill(now)
    if (this.#level < amount + spared) return false
    this.#level -= amount
    return true
  }

  /** When `ready` is true again, with `enough` left; `now` when it is already, be it with less, `NEVER` at rate 0. */
  readyAt(now: number, enough = 1): number {
    if (this.ready(now)) return now
    if (this.#rate <= 0) return NEVER
    return now + Math.max(1, Math.ceil(((Math.max(1, enough) - this.#level) / this.#rate) * SECOND))
  }

  #refill(now: number): void {
    if (now > this.#at)
      this.#level = Math.min(this.#burst, this.#level + ((now - this.#at) * this.#rate) / SECOND)
    this.#at = Math.max(this.#at, now)
  }
}

/** Bytes per second over a sliding window of whole slots; no timer of its own. */
export class RateMeter {
  readonly #slots: Float64Array
  readonly #slotLength: number
  #slot = 0
  #started = -1
  /** All that was ever added. */
  total = 0

  /** `slots` slots of `slotLength` microseconds; by default five of one second. */
  constructor(slots = 5, slotLength: number = SECOND) {
    this.#slots = new Float64Array(slots)
    this.#slotLength = slotLength
  }

  add(now: number, amount: number): void {
    this.#advance(now)
    this.#slots[this.#slot % this.#slots.length]! += amount
    this.total += amount
  }

  /** When the first was added. */
  get startedAt(): number | undefined {
    return this.#started < 0 ? undefined : this.#started
  }

  /** Units per second over the window (or since the first `add`, when that is shorter). */
  rate(now: number): number {
    if (this.#started < 0) return 0
    this.#advance(now)
    let sum = 0
    for (const amount of this.#slots) sum += amount
    // The slot in hand is not over: only its part up to now belongs to the window.
    const window = (this.#slots.length - 1) * this.#slotLength + (now % this.#slotLength)
    const span = Math.max(Math.min(now - this.#started, window), this.#slotLength)
    return (sum / span) * SECOND
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#slotLength)
    if (this.#started < 0) {
      this.#started = now
      this.#slot = slot
      return
    }
    const gap = Math.min(slot - this.#slot, this.#slots.length)
    for (let i = 1; i <= gap; i++) this.#slots[(this.#slot + i) % this.#slots.length] = 0
    if (slot > this.#slot) {
      // Slots are addressed modulo the window, so a long gap has cleared them all.
      if (slot - this.#slot > this.#slots.length) this.#slots.fill(0)
      this.#slot = slot
    }
  }
}
