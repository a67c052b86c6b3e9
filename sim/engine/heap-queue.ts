import type { Micros } from '../../src/core/time.ts'
import type { EventQueue } from './event-queue.ts'
import type { EventSlot, EventStore } from './event-store.ts'

const FIRST_CAPACITY = 1_024

/** An indexed 4-ary heap: each event knows its place in it, in the `previous` word of its record. */
export class HeapQueue implements EventQueue {
  size = 0

  readonly #store: EventStore
  #slots: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** Times in the heap's own order: most comparisons need no look at the records. */
  #times: Float64Array = new Float64Array(FIRST_CAPACITY)

  constructor(store: EventStore) {
    this.#store = store
  }

  push(slot: EventSlot): void {
    if (this.size === this.#slots.length) this.#grow()
    this.#up(this.size++, slot, this.#store.time(slot))
  }

  pop(until: Micros): EventSlot {
    if (this.size === 0 || this.#times[0]! > until) return -1
    const first = this.#slots[0]!
    const last = --this.size
    if (last > 0) this.#down(0, this.#slots[last]!, this.#times[last]!)
    return first
  }

  move(slot: EventSlot, time: Micros): void {
    const place = this.#store.previous(slot)
    const earlier = time < this.#times[place]!
    this.#store.setTime(slot, time)
    if (earlier) this.#up(place, slot, time)
    else this.#down(place, slot, time)
  }

  remove(slot: EventSlot): void {
    const place = this.#store.previous(slot)
    const last = --this.size
    if (place === last) return
    const other = this.#slots[last]!
    const time = this.#times[last]!
    const theirs = this.#times[place]!
    if (time < theirs || (time === theirs && this.#store.firstOfTwins(other, slot))) {
      this.#up(place, other, time)
    } else this.#down(place, other, time)
  }

  soonest(): Micros {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.size)
    const times = new Float64Array(2 * this.size)
    slots.set(this.#slots)
    times.set(this.#times)
    this.#slots = slots
    this.#times = times
  }

  /** Puts `slot` into the hole at `place` or above it. */
  #up(place: number, slot: EventSlot, time: Micros): void {
    const slots = this.#slots
    const times = this.#times
    const store = this.#store
    let hole = place
    while (hole > 0) {
      const parent = (hole - 1) >> 2
      const above = slots[parent]!
      const theirs = times[parent]!
      if (theirs < time || (theirs === time && !store.firstOfTwins(slot, above))) break
      slots[hole] = above
      times[hole] = theirs
      store.setPrevious(above, hole)
      hole = parent
    }
    slots[hole] = slot
    times[hole] = time
    store.setPrevious(slot, hole)
  }

  /** Puts `slot` into the hole at `place` or below it. */
  #down(place: number, slot: EventSlot, time: Micros): void {
    const slots = this.#slots
    const times = this.#times
    const store = this.#store
    const size = this.size
    let hole = place
    for (;;) {
      const first = 4 * hole + 1
      if (first >= size) break
      const end = Math.min(first + 4, size)
      let least = first
      let soonest = times[first]!
      for (let child = first + 1; child < end; child++) {
        const theirs = times[child]!
        if (theirs < soonest || (theirs === soonest && store.firstOfTwins(slots[child]!, slots[least]!))) {
          least = child
          soonest = theirs
        }
      }
      const below = slots[least]!
      if (time < soonest || (time === soonest && store.firstOfTwins(slot, below))) break
      slots[hole] = below
      times[hole] = soonest
      store.setPrevious(below, hole)
      hole = least
    }
    slots[hole] = slot
    times[hole] = time
    store.setPrevious(slot, hole)
  }
}
