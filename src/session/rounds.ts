import { Deadlines } from '../core/deadlines.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import type { ClockPort } from './ports.ts'
import { type Machine, Seat } from './seat.ts'

/** More steps than any chain of machines waking machines needs; a loop beyond it is a bug, not work. */
const MAX_STEPS = 1_000_000

/**
 * Rule 3 and 4 of the machine contract: an input only reports and queues; when it returns, every machine it touched settles
 * once, is asked for its deadline once, and the host is asked for one wake-up. Input from within an input is a bug and throws.
 */
export class Rounds {
  readonly #clock: ClockPort
  readonly #deadlines = new Deadlines<Seat>()
  readonly #touched: Seat[] = []
  #inside = false
  #asked: Micros = NEVER
  /** The time of the current round (of the last one, between rounds). */
  now: Micros = 0

  constructor(clock: ClockPort) {
    this.#clock = clock
  }

  /** A machine's place in the rounds to come, by which it is touched. */
  seat(machine: Machine): Seat {
    return new Seat(machine, this.#touched, this.#deadlines)
  }

  /** Opens a round. */
  begin(now: Micros): void {
    if (this.#inside) throw new Error('an input arrived inside another input')
    this.#inside = true
    this.now = now
  }

  /** Ticks every machine whose deadline has come. */
  tick(now: Micros): void {
    this.#asked = NEVER
    for (let seat = this.#deadlines.due(now); seat !== undefined; seat = this.#deadlines.due(now)) {
      seat.ring(now)
    }
  }

  /** Settles until nothing is touched, then asks the host for the next wake-up. */
  end(now: Micros): void {
    const touched = this.#touched
    // The list grows while it is walked.
    for (let i = 0; i < touched.length; i++) {
      if (i > MAX_STEPS) throw new Error('a round did not settle')
      touched[i]!.settle(now)
    }
    // Not by its length, which would give the list's memory away, to be asked for again in the next round.
    while (touched.length > 0) touched.pop()
    this.#inside = false
    const next = this.#deadlines.next
    if (next !== this.#asked) {
      this.#asked = next
      this.#clock.wakeAt(next)
    }
  }
}
