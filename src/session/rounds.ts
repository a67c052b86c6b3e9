import { Deadlines } from '../core/deadlines.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import type { ClockPort } from './ports.ts'

/** What a round drives: a node, a peer, a torrent, or one of the session's own keepers. */
export interface Machine {
  tick(now: Micros): void
  nextDeadline(now: Micros): Micros
  /** Does the work that an input left behind, once, when the outermost input returns. */
  settle?(now: Micros): void
}

/** More steps than any chain of machines waking machines needs; a loop beyond it is a bug, not work. */
const MAX_STEPS = 1_000_000

/**
 * Rule 3 and 4 of the machine contract: an input only reports and queues; when it returns, every machine it touched settles
 * once, is asked for its deadline once, and the host is asked for one wake-up. Input from within an input is a bug and throws.
 */
export class Rounds {
  readonly #clock: ClockPort
  readonly #deadlines = new Deadlines<Machine>()
  readonly #touched = new Set<Machine>()
  #inside = false
  #asked: Micros = NEVER
  /** The time of the current round (of the last one, between rounds). */
  now: Micros = 0

  constructor(clock: ClockPort) {
    this.#clock = clock
  }

  /** Opens a round. */
  begin(now: Micros): void {
    if (this.#inside) throw new Error('an input arrived inside another input')
    this.#inside = true
    this.now = now
  }

  /** Marks a machine for this round's settling. */
  touch(machine: Machine): void {
    this.#touched.add(machine)
  }

  forget(machine: Machine): void {
    this.#touched.delete(machine)
    this.#deadlines.delete(machine)
  }

  /** Ticks every machine whose deadline has come. */
  tick(now: Micros): void {
    this.#asked = NEVER
    for (let machine = this.#deadlines.due(now); machine !== undefined; machine = this.#deadlines.due(now)) {
      machine.tick(now)
      this.#touched.add(machine)
    }
  }

  /** Settles until nothing is touched, then asks the host for the next wake-up. */
  end(now: Micros): void {
    let steps = 0
    // A set also visits what is added while it is walked.
    for (const machine of this.#touched) {
      if (++steps > MAX_STEPS) throw new Error('a round did not settle')
      this.#touched.delete(machine)
      machine.settle?.(now)
      let next = machine.nextDeadline(now)
      if (next <= now) {
        machine.tick(now)
        next = machine.nextDeadline(now)
        if (next <= now) throw new Error(`${machine.constructor.name} stays due after its tick`)
      }
      this.#deadlines.set(machine, next)
    }
    this.#inside = false
    const next = this.#deadlines.next
    if (next !== this.#asked) {
      this.#asked = next
      this.#clock.wakeAt(next)
    }
  }
}
