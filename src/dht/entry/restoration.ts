import type { NodeInfo } from '../../codec/compact.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Caller, Querier } from '../asking/querier.ts'
import type { DhtOptions } from '../options.ts'

export interface RestorationParts {
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly querier: Querier
}

/** Between two rounds while there is no way in. */
const AGAIN: Micros = 5 * SECOND
/** Contacts of such a round: those that were heard of last, and as many of the others in turn. */
const HALF_ROUND = 16

/**
 * The contacts of an earlier run. Each is pinged once, the most recently seen first, and is a contact again if it answers. While
 * there is no way in, those that did not are pinged in turns, for as long as it takes.
 */
export class Restoration implements Timed {
  readonly #parts: RestorationParts
  #silent: readonly NodeInfo[] = []
  /** To be pinged now, the next one last. */
  #queue: NodeInfo[] = []
  #pending = 0
  #turn = 0
  #isSeeking = false

  constructor(parts: RestorationParts) {
    this.#parts = parts
  }

  /** Those that have not answered, the most recently seen first. */
  get silent(): readonly NodeInfo[] {
    return this.#silent
  }

  /** Whether there is nobody to go to. */
  get isEmpty(): boolean {
    return this.#silent.length === 0
  }

  /** `contacts`: the most recently seen first. */
  start(now: Micros, contacts: readonly NodeInfo[]): void {
    this.#silent = contacts.slice(0, this.#parts.options.maxRestored)
    this.#queue = [...this.#silent].reverse()
    this.#ping(now)
  }

  /** There is no way in, or there is one. */
  seek(now: Micros, isSeeking: boolean): void {
    if (this.#isSeeking === isSeeking) return
    this.#isSeeking = isSeeking
    const { agenda } = this.#parts
    if (isSeeking && !this.isEmpty) agenda.set(this, now + AGAIN)
    else agenda.delete(this)
  }

  tick(now: Micros): void {
    if (this.isEmpty) return
    if (this.#queue.length === 0) this.#queue = this.#round().reverse()
    this.#ping(now)
    this.#parts.agenda.set(this, now + AGAIN)
  }

  stop(): void {
    this.#silent = []
    this.#queue = []
    this.#parts.agenda.delete(this)
  }

  #round(): NodeInfo[] {
    const first = this.#silent.slice(0, HALF_ROUND)
    const others = this.#silent.slice(HALF_ROUND)
    for (let i = Math.min(HALF_ROUND, others.length); i > 0; i--)
      first.push(others[this.#turn++ % others.length]!)
    return first
  }

  #ping(now: Micros): void {
    const { options, querier } = this.#parts
    while (this.#pending < options.restoreParallelism) {
      const contact = this.#queue.pop()
      if (contact === undefined) return
      if (!querier.ask(now, contact.address, contact.id, { method: 'ping' }, this.#caller(contact))) {
        this.#queue.push(contact)
        return
      }
      this.#pending += 1
    }
  }

  /** One that is slow makes room for the next. */
  #caller(contact: NodeInfo): Caller {
    let isSettled = false
    const settle = (now: Micros): void => {
      if (isSettled) return
      isSettled = true
      this.#pending -= 1
      this.#ping(now)
    }
    return {
      answered: (now) => {
        this.#silent = this.#silent.filter((other) => other !== contact)
        settle(now)
      },
      failed: settle,
      slow: settle,
    }
  }
}
