import type { Micros } from '../../src/core/time.ts'

/** A pending event: valid until it was dispatched or cancelled. */
export type EventSlot = number

const FIRST_CAPACITY = 1_024
/** An event is a record of eight 32-bit words, half a cache line; its time is the first two. */
const WORDS = 8
const TIMES = WORDS / 2
const KEY = 2
const SOURCE = 3
const SEQUENCE = 4
const VALUE = 5
const NEXT = 6
const PREVIOUS = 7

/**
 * The memory of all pending events: records in one buffer, not objects, so that an event costs no allocation and reading
 * one touches one cache line (of parallel arrays, one each). Queues hold slots and order them by what stands here.
 */
export class EventStore {
  #times: Float64Array
  #words: Uint32Array
  /** The same memory, for the links, which may be negative. */
  #links: Int32Array
  readonly #subjects: unknown[] = []
  #used = 0
  #free = -1

  constructor() {
    const memory = new ArrayBuffer(FIRST_CAPACITY * WORDS * 4)
    this.#times = new Float64Array(memory)
    this.#words = new Uint32Array(memory)
    this.#links = new Int32Array(memory)
  }

  /** A slot with this event in it. `kind` below 256, `destination` below 2^24, the others below 2^32. */
  take(
    time: Micros,
    destination: number,
    source: number,
    sequence: number,
    kind: number,
    value: number,
    subject: unknown,
  ): EventSlot {
    let slot = this.#free
    if (slot >= 0) this.#free = this.#links[slot * WORDS + NEXT]!
    else {
      if (this.#used * TIMES === this.#times.length) this.#grow()
      slot = this.#used++
    }
    const words = this.#words
    const at = slot * WORDS
    this.#times[slot * TIMES] = time
    words[at + KEY] = (destination << 8) | kind
    words[at + SOURCE] = source
    words[at + SEQUENCE] = sequence
    words[at + VALUE] = value
    this.#subjects[slot] = subject
    return slot
  }

  release(slot: EventSlot): void {
    this.#subjects[slot] = undefined
    this.#links[slot * WORDS + NEXT] = this.#free
    this.#free = slot
  }

  time(slot: EventSlot): Micros {
    return this.#times[slot * TIMES]!
  }

  setTime(slot: EventSlot, time: Micros): void {
    this.#times[slot * TIMES] = time
  }

  destination(slot: EventSlot): number {
    return this.#words[slot * WORDS + KEY]! >>> 8
  }

  source(slot: EventSlot): number {
    return this.#words[slot * WORDS + SOURCE]!
  }

  sequence(slot: EventSlot): number {
    return this.#words[slot * WORDS + SEQUENCE]!
  }

  kind(slot: EventSlot): number {
    return this.#words[slot * WORDS + KEY]! & 255
  }

  value(slot: EventSlot): number {
    return this.#words[slot * WORDS + VALUE]!
  }

  subject(slot: EventSlot): unknown {
    return this.#subjects[slot]
  }

  /** A word of the queue's own, such as the next event of a list. */
  next(slot: EventSlot): number {
    return this.#links[slot * WORDS + NEXT]!
  }

  setNext(slot: EventSlot, link: number): void {
    this.#links[slot * WORDS + NEXT] = link
  }

  /** Another word of the queue's own. */
  previous(slot: EventSlot): number {
    return this.#links[slot * WORDS + PREVIOUS]!
  }

  setPrevious(slot: EventSlot, link: number): void {
    this.#links[slot * WORDS + PREVIOUS] = link
  }

  /** Whether `a` comes before `b`, both being due at the same time: by destination, source and sequence. */
  firstOfTwins(a: EventSlot, b: EventSlot): boolean {
    const words = this.#words
    const atA = a * WORDS
    const atB = b * WORDS
    const destination = (words[atA + KEY]! >>> 8) - (words[atB + KEY]! >>> 8)
    if (destination !== 0) return destination < 0
    const source = words[atA + SOURCE]! - words[atB + SOURCE]!
    if (source !== 0) return source < 0
    return words[atA + SEQUENCE]! < words[atB + SEQUENCE]!
  }

  #grow(): void {
    const memory = new ArrayBuffer(2 * this.#words.byteLength)
    const old = this.#words
    this.#times = new Float64Array(memory)
    this.#words = new Uint32Array(memory)
    this.#links = new Int32Array(memory)
    this.#words.set(old)
  }
}
