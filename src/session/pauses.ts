import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { MemoryPool } from './memory-pool.ts'
import type { Rounds } from './rounds.ts'
import type { Machine, Seat } from './seat.ts'

/** What is under way has its memory already: a longer pause would only let requests run out of time, and leave remotes unheard. */
const LONGEST = SECOND / 2
/** What a remote may leave unread while memory for sending is short: a block and some messages. */
const UNREAD = 20 * 1024

/**
 * When streams are not read, so that the kernel slows the remote down: those that deliver payload, for half a second at most, when
 * the disk has fallen behind; and those whose remote reads little and makes us say more, when memory for sending is short.
 */
export class Pauses implements Machine {
  readonly #memory: MemoryPool
  readonly #review: () => void
  readonly #seat: Seat
  /** Until when the disk is waited for. */
  #until: Micros = NEVER
  #wasBehind = false

  /** `review`: each stream asks `pauses` anew. */
  constructor(memory: MemoryPool, rounds: Rounds, review: () => void) {
    this.#memory = memory
    this.#review = review
    this.#seat = rounds.seat(this)
    memory.pieces.disk.observe(() => this.#seat.touch())
    memory.sending.observe(() => this.#seat.touch())
  }

  /** Whether a stream is not read, by the requests that its remote owes us and the bytes that it has not taken. */
  pauses(outstanding: number, unsent: number): boolean {
    return (this.#until !== NEVER && outstanding > 0) || (unsent > UNREAD && this.#memory.sending.pressed)
  }

  tick(now: Micros): void {
    if (now >= this.#until) this.#until = NEVER
  }

  nextDeadline(): Micros {
    return this.#until
  }

  settle(now: Micros): void {
    const behind = this.#memory.pieces.disk.pressed
    if (!behind) this.#until = NEVER
    else if (!this.#wasBehind) this.#until = now + LONGEST
    this.#wasBehind = behind
    this.#review()
  }
}
