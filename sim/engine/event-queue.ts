import type { Micros } from '../../src/core/time.ts'
import type { EventSlot } from './event-store.ts'

/**
 * What gives pending events back in their order: (time, destination, source, sequence of the source). No two events are
 * equal in all four, so every queue gives the same order, and a run does not depend on which one it has.
 */
export interface EventQueue {
  readonly size: number
  /** Takes in an event whose record stands in the store. */
  push(slot: EventSlot): void
  /** Takes the first event out, unless it lies after `until` or there is none: -1. */
  pop(until: Micros): EventSlot
  /** Gives a pending event another time. */
  move(slot: EventSlot, time: Micros): void
  remove(slot: EventSlot): void
  /** Time of the first event, `Infinity` when there is none. */
  soonest(): Micros
}
