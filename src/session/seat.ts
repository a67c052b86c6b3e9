import type { Deadlines } from '../core/deadlines.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'

/** What a round drives: a node, a peer, a torrent, or one of the session's own keepers. */
export interface Machine {
  tick(now: Micros): void
  nextDeadline(now: Micros): Micros
  /** Does the work that an input left behind, once, when the outermost input returns. */
  settle?(now: Micros): void
}

/** A machine's place in the rounds: holds what they must know of it, so that touching it costs no look-up. */
export class Seat {
  readonly #machine: Machine
  readonly #round: Seat[]
  readonly #deadlines: Deadlines<Seat>
  #touched = false
  /** What the machine last said. */
  #next: Micros = NEVER
  /**
   * When it is looked at: at `#next` or before. Deadlines move on with nearly every input, so a later one is noted only, and
   * put in its place when the earlier one has come.
   */
  #due: Micros = NEVER

  constructor(machine: Machine, round: Seat[], deadlines: Deadlines<Seat>) {
    this.#machine = machine
    this.#round = round
    this.#deadlines = deadlines
  }

  /** Marks the machine for this round's settling. */
  touch(): void {
    if (this.#touched) return
    this.#touched = true
    this.#round.push(this)
  }

  /** The machine has no deadline any more, nor anything to settle, until it is touched again. */
  forget(): void {
    this.#touched = false
    this.#next = NEVER
    this.#due = NEVER
    this.#deadlines.delete(this)
  }

  /** The time at which it was to be looked at has come. */
  ring(now: Micros): void {
    this.#due = NEVER
    if (this.#next > now) this.#remind()
    else {
      this.#machine.tick(now)
      this.touch()
    }
  }

  settle(now: Micros): void {
    if (!this.#touched) return
    this.#touched = false
    const machine = this.#machine
    machine.settle?.(now)
    let next = machine.nextDeadline(now)
    if (next <= now) {
      machine.tick(now)
      next = machine.nextDeadline(now)
      if (next <= now) throw new Error(`${machine.constructor.name} stays due after its tick`)
    }
    this.#next = next
    if (next < this.#due) this.#remind()
  }

  #remind(): void {
    this.#due = this.#next
    this.#deadlines.set(this, this.#due)
  }
}
