import type { Micros } from '../../src/core/time.ts'
import type { EpochDigests } from './epoch-digests.ts'
import type { EventQueue } from './event-queue.ts'
import { type EventSlot, EventStore } from './event-store.ts'
import { Fingerprint } from './fingerprint.ts'
import { HeapQueue } from './heap-queue.ts'
import { WheelQueue } from './wheel-queue.ts'

export type { EventSlot } from './event-store.ts'

/** What a kind of event does. `value` and `subject` are what `schedule` was given. */
export type Handler = (destination: number, value: number, subject: unknown) => void

/** An event as it is dispatched; lent until the listener returns. */
export interface SeenEvent {
  /** Of the event in the run, from 1. */
  readonly number: number
  readonly time: Micros
  readonly destination: number
  readonly source: number
  readonly sequence: number
  readonly kind: number
  readonly value: number
}

export type EventListener = (event: SeenEvent) => void

/** Which implementation holds what is pending; the run does not depend on it. */
export type QueueName = 'heap' | 'wheel'

/**
 * Pop and push, in millions a second, at 1e4 / 1e5 / 1e6 pending events (delays 60 % 10 to 200 ms, 20 % 2 s, 20 % up to 15
 * min; Node.js 20, one core): wheel 11 / 9 / 2.1, heap 6 / 3.6 / 1.1.
 */
const QUEUES: Readonly<Record<QueueName, new (store: EventStore) => EventQueue>> = {
  heap: HeapQueue,
  wheel: WheelQueue,
}

/**
 * The virtual clock and the queue of everything that will happen.
 *
 * Events come out ordered by (time, destination, source, sequence of the source), never by order of insertion, so the run
 * does not depend on the queue. No event allocates: an event is a record in the store, and it can be moved or cancelled.
 */
export class Scheduler {
  /** Time of the event being dispatched, or of the last one. */
  now: Micros = 0
  /** How many events were dispatched: the number of the last one. */
  events = 0
  /** Nothing is dispatched after the event of this number. */
  lastEvent: number = Number.POSITIVE_INFINITY
  /** Takes in every event, if there are any. */
  epochs: EpochDigests | undefined

  readonly #handlers: Handler[] = []
  readonly #names: string[] = []
  readonly #store = new EventStore()
  readonly #queue: EventQueue
  /** Events scheduled so far, per source. */
  #counts: Uint32Array = new Uint32Array(64)
  readonly #fingerprint = new Fingerprint()
  #listeners: readonly EventListener[] = []
  #watched = false

  constructor(queue: QueueName = 'wheel') {
    this.#queue = new QUEUES[queue](this.#store)
  }

  get pending(): number {
    return this.#queue.size
  }

  /** Time of the next event, `Infinity` when there is none. */
  get next(): Micros {
    return this.#queue.soonest()
  }

  /** A fingerprint of every event dispatched so far (key, kind, value), in order: 16 hexadecimal digits. */
  get digest(): string {
    return this.#fingerprint.text
  }

  /** A new kind of event (at most 256); kinds are numbered in the order of these calls, and named for people. */
  register(name: string, handler: Handler): number {
    this.#names.push(name)
    this.#handlers.push(handler)
    return this.#handlers.length - 1
  }

  nameOf(kind: number): string {
    return this.#names[kind]!
  }

  /**
   * Lets `kind` happen to `destination` (below 2^24) at `at` (at once when that has passed). `value` is a whole number from
   * 0 to 2^32 that enters the digest (a length, a ticket, a checksum); `subject` is handed on.
   */
  schedule(
    at: Micros,
    destination: number,
    source: number,
    kind: number,
    value: number,
    subject: unknown,
  ): EventSlot {
    const time = at > this.now ? at : this.now
    const sequence = this.#count(source)
    const slot = this.#store.take(time, destination, source, sequence, kind, value, subject)
    this.#queue.push(slot)
    return slot
  }

  /** Gives a pending event another time; its sequence stays. */
  move(slot: EventSlot, at: Micros): void {
    this.#queue.move(slot, at > this.now ? at : this.now)
  }

  cancel(slot: EventSlot): void {
    this.#queue.remove(slot)
    this.#store.release(slot)
  }

  /** Dispatches the next event, unless it lies after `until`; false when there was none. */
  step(until: Micros = Number.POSITIVE_INFINITY): boolean {
    if (this.events >= this.lastEvent) return false
    const slot = this.#queue.pop(until)
    if (slot < 0) return false
    const store = this.#store
    const time = store.time(slot)
    const destination = store.destination(slot)
    const source = store.source(slot)
    const sequence = store.sequence(slot)
    const kind = store.kind(slot)
    const value = store.value(slot)
    const subject = store.subject(slot)
    store.release(slot)
    this.now = time
    this.events += 1
    this.#fingerprint.add(time, destination, source, sequence, kind, value)
    if (this.epochs !== undefined) this.epochs.add(time, destination, this.#fingerprint)
    if (this.#watched) this.#show({ number: this.events, time, destination, source, sequence, kind, value })
    this.#handlers[kind]!(destination, value, subject)
    return true
  }

  /** Dispatches all events up to and at `until`, and those that they cause; then it is `until`, unless the last event came. */
  runUntil(until: Micros): void {
    while (this.step(until));
    const stopped = this.events >= this.lastEvent
    if (!stopped && until > this.now && until !== Number.POSITIVE_INFINITY) this.now = until
  }

  /** Shows `listener` every event from now on, before it is dispatched, until the function that comes back is called. */
  watch(listener: EventListener): () => void {
    this.#setListeners([...this.#listeners, listener])
    return () => this.#setListeners(this.#listeners.filter((other) => other !== listener))
  }

  #setListeners(listeners: readonly EventListener[]): void {
    this.#listeners = listeners
    this.#watched = listeners.length > 0
  }

  #show(event: SeenEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #count(source: number): number {
    if (source >= this.#counts.length) {
      let capacity = this.#counts.length
      while (capacity <= source) capacity *= 2
      const counts = new Uint32Array(capacity)
      counts.set(this.#counts)
      this.#counts = counts
    }
    return this.#counts[source]!++
  }
}
