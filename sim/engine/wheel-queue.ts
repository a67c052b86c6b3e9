import type { Micros } from '../../src/core/time.ts'
import type { EventQueue } from './event-queue.ts'
import type { EventSlot, EventStore } from './event-store.ts'
import { HeapQueue } from './heap-queue.ts'

/** Spokes of each wheel, a power of two. */
const SPOKES = 8_192
/** Microseconds of a spoke of the near wheel; its turn is 4.2 s. */
const TICK = 512
/** Of a spoke of the far wheel: a turn of the near one; its own turn is 9.5 h. */
const TURN: number = TICK * SPOKES
const AGE: number = TURN * SPOKES
/** Heads of lists: near spokes, far spokes, and what lies beyond this age. */
const FAR = SPOKES
const BEYOND: number = 2 * SPOKES
const NONE = -1

/**
 * Two timing wheels before a small heap. What is due within the current half millisecond lies in the heap and comes out by its
 * full key; everything later lies unsorted in the list of its spoke until the time comes there. Putting in, moving and
 * taking out cost the same however much is pending.
 *
 * In a list, the record's `next` and `previous` words link the events both ways; the first one's `previous` names its list,
 * as a negative number.
 */
export class WheelQueue implements EventQueue {
  size = 0

  readonly #store: EventStore
  readonly #heads: Int32Array = new Int32Array(BEYOND + 1).fill(NONE)
  readonly #current: HeapQueue
  /** Everything before this is in the heap; it is the end of a tick. */
  #edge: Micros = TICK
  /** End of the turn that the near wheel shows, and of the age that the far wheel shows. */
  #turnEnd: Micros = TURN
  #ageEnd: Micros = AGE
  /** Events in the lists of each wheel. */
  #near = 0
  #far = 0

  constructor(store: EventStore) {
    this.#store = store
    this.#current = new HeapQueue(store)
  }

  push(slot: EventSlot): void {
    this.size += 1
    this.#place(slot, this.#store.time(slot))
  }

  pop(until: Micros): EventSlot {
    if (this.#current.size === 0 && !this.#advance(until)) return NONE
    const slot = this.#current.pop(until)
    if (slot !== NONE) this.size -= 1
    return slot
  }

  move(slot: EventSlot, time: Micros): void {
    const old = this.#store.time(slot)
    if (old < this.#edge && time < this.#edge) this.#current.move(slot, time)
    else {
      this.#lift(slot, old)
      this.#store.setTime(slot, time)
      this.#place(slot, time)
    }
  }

  remove(slot: EventSlot): void {
    this.size -= 1
    this.#lift(slot, this.#store.time(slot))
  }

  soonest(): Micros {
    if (this.#current.size === 0) this.#advance(Number.MAX_VALUE)
    return this.#current.soonest()
  }

  #place(slot: EventSlot, time: Micros): void {
    if (time < this.#edge) this.#current.push(slot)
    else if (time < this.#turnEnd) {
      this.#near += 1
      this.#link(slot, Math.floor(time / TICK) & (SPOKES - 1))
    } else if (time < this.#ageEnd) {
      this.#far += 1
      this.#link(slot, FAR + (Math.floor(time / TURN) & (SPOKES - 1)))
    } else if (time <= Number.MAX_SAFE_INTEGER) this.#link(slot, BEYOND)
    else throw new Error(`an event at ${time} would never come`)
  }

  /** Takes an event out of wherever it lies. */
  #lift(slot: EventSlot, time: Micros): void {
    if (time < this.#edge) {
      this.#current.remove(slot)
      return
    }
    if (time < this.#turnEnd) this.#near -= 1
    else if (time < this.#ageEnd) this.#far -= 1
    const store = this.#store
    const next = store.next(slot)
    const previous = store.previous(slot)
    if (next !== NONE) store.setPrevious(next, previous)
    if (previous >= 0) store.setNext(previous, next)
    else this.#heads[NONE - previous] = next
  }

  #link(slot: EventSlot, list: number): void {
    const store = this.#store
    const head = this.#heads[list]!
    store.setNext(slot, head)
    store.setPrevious(slot, NONE - list)
    if (head !== NONE) store.setPrevious(head, slot)
    this.#heads[list] = slot
  }

  /** Turns the wheels until something is in the heap; not past `until`, so that what is scheduled next finds its spoke. */
  #advance(until: Micros): boolean {
    while (this.size > 0) {
      if (this.#near > 0) return this.#turnNear(until)
      if (this.#far > 0) {
        if (!this.#turnFar(until)) return false
      } else if (!this.#nextAge(until)) return false
    }
    return false
  }

  #turnNear(until: Micros): boolean {
    let spoke = (this.#edge / TICK) & (SPOKES - 1)
    let begin = this.#edge
    while (this.#heads[spoke] === NONE) {
      spoke += 1
      begin += TICK
    }
    if (begin > until) return false
    this.#edge = begin + TICK
    const store = this.#store
    let slot = this.#heads[spoke]!
    this.#heads[spoke] = NONE
    while (slot !== NONE) {
      const next = store.next(slot)
      this.#near -= 1
      this.#current.push(slot)
      slot = next
    }
    return true
  }

  /** Puts the next turn that has events onto the near wheel. */
  #turnFar(until: Micros): boolean {
    let spoke = (this.#turnEnd / TURN) & (SPOKES - 1)
    let begin = this.#turnEnd
    while (this.#heads[FAR + spoke] === NONE) {
      spoke += 1
      begin += TURN
    }
    if (begin > until) return false
    this.#show(begin)
    this.#far -= this.#replace(FAR + spoke)
    return true
  }

  /** Puts the next age that has events onto the wheels. */
  #nextAge(until: Micros): boolean {
    let first = Number.POSITIVE_INFINITY
    for (let slot = this.#heads[BEYOND]!; slot !== NONE; slot = this.#store.next(slot)) {
      first = Math.min(first, this.#store.time(slot))
    }
    if (first > until) return false
    const begin = Math.floor(first / AGE) * AGE
    this.#ageEnd = begin + AGE
    this.#show(begin)
    this.#replace(BEYOND)
    return true
  }

  /** The near wheel is empty and shows the turn that begins at `begin`, of which nothing is due yet. */
  #show(begin: Micros): void {
    this.#turnEnd = begin + TURN
    this.#edge = begin
  }

  /** Places all events of a list anew; returns how many those were. */
  #replace(list: number): number {
    const store = this.#store
    let count = 0
    let slot = this.#heads[list]!
    this.#heads[list] = NONE
    while (slot !== NONE) {
      const next = store.next(slot)
      this.#place(slot, store.time(slot))
      count += 1
      slot = next
    }
    return count
  }
}
