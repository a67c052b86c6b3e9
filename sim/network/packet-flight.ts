import type { Micros } from '../../src/core/time.ts'
import type { Range, Segment } from './packet-ground.ts'
import { SEGMENT } from './tcp.ts'

/** What must have arrived beyond a segment for it to count as lost (RFC 6675). */
const SHOWS_A_LOSS = 3 * SEGMENT

/** A segment that was not acknowledged, as its sender knows it. */
interface Flying {
  readonly segment: Segment
  sentAt: Micros
  state: 'under way' | 'arrived' | 'lost'
  repeated: boolean
}

/** What was sent and is not acknowledged, in order; the board of RFC 6675. */
export class PacketFlight {
  /** Believed to be under way, in bytes. */
  underWay = 0
  readonly #flying: Flying[] = []
  #arrivedUpTo = 0

  get isEmpty(): boolean {
    return this.#flying.length === 0
  }

  sent(now: Micros, segment: Segment): void {
    this.#flying.push({ segment, sentAt: now, state: 'under way', repeated: false })
    this.underWay += segment.length
  }

  /** The first segment that is lost counts as sent again. */
  repeat(now: Micros): Segment | undefined {
    const flying = this.#flying.find(({ state }) => state === 'lost')
    if (flying === undefined) return undefined
    flying.state = 'under way'
    flying.repeated = true
    flying.sentAt = now
    this.underWay += flying.segment.length
    return flying.segment
  }

  /** All before `next` has come. When the last of it had been sent, if it was sent only once. */
  acknowledged(next: number): Micros | undefined {
    let sentAt: Micros | undefined
    let count = 0
    for (const flying of this.#flying) {
      const { sequence, length } = flying.segment
      if (sequence + length > next) break
      if (flying.state === 'under way') this.underWay -= length
      sentAt = flying.repeated || flying.state === 'arrived' ? undefined : flying.sentAt
      count += 1
    }
    this.#flying.splice(0, count)
    return sentAt
  }

  /** What lies in `ranges` has come too. Whether that shows new losses. */
  arrived(ranges: readonly Range[]): boolean {
    if (ranges.length === 0) return false
    for (const { from, to } of ranges) {
      this.#arrivedUpTo = Math.max(this.#arrivedUpTo, to)
      for (let i = this.#indexOf(from); i < this.#flying.length; i++) {
        const flying = this.#flying[i]!
        if (flying.segment.sequence >= to) break
        this.#settle(flying, 'arrived')
      }
    }
    let losses = false
    for (const flying of this.#flying) {
      const { sequence, length } = flying.segment
      if (sequence + length + SHOWS_A_LOSS > this.#arrivedUpTo) break
      if (flying.state !== 'under way' || flying.repeated) continue
      this.#settle(flying, 'lost')
      losses = true
    }
    return losses
  }

  /** Nothing came in time: all that is not known to have arrived is sent again. */
  loseAll(): void {
    for (const flying of this.#flying) {
      if (flying.state !== 'arrived') this.#settle(flying, 'lost')
    }
  }

  #settle(flying: Flying, state: 'arrived' | 'lost'): void {
    if (flying.state === 'under way') this.underWay -= flying.segment.length
    flying.state = state
  }

  /** The first segment at or beyond `sequence`. */
  #indexOf(sequence: number): number {
    let low = 0
    let high = this.#flying.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#flying[middle]!.segment.sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
