import type { Micros } from '../../src/core/time.ts'
import { NEVER } from '../../src/core/time.ts'

/** How a host's clocks differ from the world's. */
export interface ClockInit {
  /** Milliseconds by which the wall clock is ahead at the start; negative: behind. */
  readonly skewMs?: number
  /** Parts per million by which both clocks run fast; negative: slow. A plain quartz: up to 100, a bad one: 500. */
  readonly driftPpm?: number
  /** Steps of the wall clock, as when it is set: when, in seconds of virtual time, and by how many milliseconds. */
  readonly jumps?: readonly { readonly second: number; readonly byMs: number }[]
}

/** Unix time at virtual time 0: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000
const MILLION = 1_000_000

/** A host's two clocks: one that only goes forward, perhaps fast or slow, and one on the wall that people set. */
export class Clock {
  readonly driftPpm: number
  #aheadMs: number

  /** `jumps` are the world's to carry out. */
  constructor({ skewMs = 0, driftPpm = 0 }: ClockInit = {}) {
    this.#aheadMs = skewMs
    this.driftPpm = driftPpm
  }

  /** Whether its time is the world's, so that nothing need be converted. */
  get exact(): boolean {
    return this.driftPpm === 0
  }

  /** What the host's monotonic clock shows at the world's time `now`. */
  local(now: Micros): Micros {
    return this.driftPpm === 0 ? now : now + Math.floor((now * this.driftPpm) / MILLION)
  }

  /** The world's time at which the host's clock first shows `local` or more. */
  reaches(local: Micros): Micros {
    if (this.driftPpm === 0 || local === NEVER) return local
    let now = Math.floor(local / (1 + this.driftPpm / MILLION))
    while (now > 0 && this.local(now - 1) >= local) now -= 1
    while (this.local(now) < local) now += 1
    return now
  }

  /** Unix time in milliseconds that the wall shows at the world's time `now`. */
  wall(now: Micros): number {
    return EPOCH_MS + Math.floor(this.local(now) / 1_000) + this.#aheadMs
  }

  /** Somebody sets the wall clock, forward or back. */
  jump(byMs: number): void {
    this.#aheadMs += byMs
  }
}
