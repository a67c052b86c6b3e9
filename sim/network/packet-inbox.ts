import type { Range, Segment } from './packet-ground.ts'

/** Ranges that fit one acknowledgement beside a time stamp (RFC 2018). */
const MOST_RANGES = 3

/** What a receiver has of a stream: everything before `next`, and segments beyond a gap. */
export class PacketInbox {
  /** Where what is missing begins. */
  next = 0
  readonly #early = new Map<number, Segment>()
  /** Stretches beyond the gap, the one that grew last first. */
  #ranges: Range[] = []

  get hasGap(): boolean {
    return this.#early.size > 0
  }

  get ranges(): readonly Range[] {
    return this.#ranges.length === 0 ? this.#ranges : this.#ranges.slice(0, MOST_RANGES)
  }

  /** The segments that are in order now; none when `segment` had come before, or must wait. */
  add(segment: Segment): readonly Segment[] {
    const { sequence } = segment
    if (sequence < this.next || this.#early.has(sequence)) return []
    if (sequence > this.next) {
      this.#early.set(sequence, segment)
      this.#widen({ from: sequence, to: sequence + segment.length })
      return []
    }
    const ready: Segment[] = []
    for (let next: Segment | undefined = segment; next !== undefined; next = this.#early.get(this.next)) {
      this.#early.delete(next.sequence)
      this.next += next.length
      ready.push(next)
    }
    if (this.#ranges.length > 0) this.#ranges = this.#ranges.filter(({ to }) => to > this.next)
    return ready
  }

  #widen(range: Range): void {
    let { from, to } = range
    const others = this.#ranges.filter((other) => {
      const touches = other.to === from || other.from === to
      if (other.to === from) from = other.from
      else if (other.from === to) to = other.to
      return !touches
    })
    this.#ranges = [{ from, to }, ...others]
  }
}
