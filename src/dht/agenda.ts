import { Deadlines } from '../core/deadlines.ts'
import type { Micros } from '../core/time.ts'

/** A part of a node that has something to do at a time of its own choosing. */
export interface Timed {
  /** Its time has come. It is off the agenda and may put itself on it again, for later than `now`. */
  tick(now: Micros): void
}

/** What a node has to do and when: the parts keep no timers, the node has one deadline. */
export class Agenda {
  readonly #deadlines = new Deadlines<Timed>()

  /** The earliest deadline, `Infinity` when there is none. */
  get next(): Micros {
    return this.#deadlines.next
  }

  /** Sets or moves the part's one deadline; `Infinity` removes it. */
  set(part: Timed, at: Micros): void {
    this.#deadlines.set(part, at)
  }

  delete(part: Timed): void {
    this.#deadlines.delete(part)
  }

  /** Runs what is due. */
  run(now: Micros): void {
    for (let part = this.#deadlines.due(now); part !== undefined; part = this.#deadlines.due(now)) {
      part.tick(now)
    }
  }
}
