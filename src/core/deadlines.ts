import { NEVER } from './time.ts'

interface Slot<T> {
  readonly item: T
  at: number
  /** Position in the heap. */
  place: number
  readonly sequence: number
}

const FEW = 12

/** An indexed binary heap: many machines, one timer. Equal deadlines come out in the order in which their items were first set. */
export class Deadlines<T> {
  /** Slots by item, from `FEW` items on; fewer are looked through, and their owner need not pay for a map. */
  #slots: Map<T, Slot<T>> | undefined
  readonly #heap: Slot<T>[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** The earliest deadline, `NEVER` when there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? NEVER
  }

  /** Sets, moves or (with `NEVER`) removes the deadline of `item`. */
  set(item: T, at: number): void {
    const slot = this.#slotOf(item)
    if (at === NEVER) {
      if (slot) this.#remove(slot)
      return
    }
    if (slot === undefined) {
      const fresh: Slot<T> = { item, at, place: this.#heap.length, sequence: this.#sequence++ }
      this.#heap.push(fresh)
      if (this.#slots !== undefined) this.#slots.set(item, fresh)
      else if (this.#heap.length > FEW) this.#slots = new Map(this.#heap.map((each) => [each.item, each]))
      this.#up(fresh)
    } else if (slot.at !== at) {
      const earlier = at < slot.at
      slot.at = at
      if (earlier) this.#up(slot)
      else this.#down(slot)
    }
  }

  delete(item: T): void {
    this.set(item, NEVER)
  }

  /** Takes out the first item whose deadline is at or before `now`. */
  due(now: number): T | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.at > now) return undefined
    this.#remove(first)
    return first.item
  }

  #slotOf(item: T): Slot<T> | undefined {
    if (this.#slots !== undefined) return this.#slots.get(item)
    for (const slot of this.#heap) if (slot.item === item) return slot
    return undefined
  }

  #remove(slot: Slot<T>): void {
    this.#slots?.delete(slot.item)
    const last = this.#heap.pop()!
    if (last === slot) return
    last.place = slot.place
    this.#heap[last.place] = last
    this.#up(last)
    this.#down(last)
  }

  #before(a: Slot<T>, b: Slot<T>): boolean {
    return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
  }

  #up(slot: Slot<T>): void {
    while (slot.place > 0) {
      const parent = this.#heap[(slot.place - 1) >> 1]!
      if (!this.#before(slot, parent)) return
      this.#swap(slot, parent)
    }
  }

  #down(slot: Slot<T>): void {
    for (;;) {
      let least = slot
      const left = this.#heap[2 * slot.place + 1]
      const right = this.#heap[2 * slot.place + 2]
      if (left !== undefined && this.#before(left, least)) least = left
      if (right !== undefined && this.#before(right, least)) least = right
      if (least === slot) return
      this.#swap(slot, least)
    }
  }

  #swap(a: Slot<T>, b: Slot<T>): void {
    const place = a.place
    a.place = b.place
    b.place = place
    this.#heap[a.place] = a
    this.#heap[b.place] = b
  }
}
