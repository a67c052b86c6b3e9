import type { Id } from '../../core/id.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Querier } from '../asking/querier.ts'
import type { Lookups } from '../lookup/lookups.ts'
import type { DhtOptions } from '../options.ts'
import type { Contact } from './contact.ts'

export interface ReunionParts {
  readonly ownId: Id
  readonly family: 4 | 6
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly querier: Querier
  readonly lookups: Lookups
}

interface Lost {
  readonly contact: Contact
  readonly since: Micros
}

/**
 * Contacts that gave up their place because they fell silent, asked again now and then, one at a time. After a cut between two
 * parts of a network each part knows only itself, and nothing else that a node does would ever tell it of the other. They are
 * asked for the nodes nearest to us, since one far contact of the other part would not be asked by any walk of ours.
 */
export class Reunion implements Timed {
  readonly #parts: ReunionParts
  /** The next to be asked first. Nothing while nobody is lost, as in most nodes of a quiet network. */
  #lost: Lost[] | undefined
  #isStopped = false

  constructor(parts: ReunionParts) {
    this.#parts = parts
  }

  /** `contact` has lost its place for not answering. */
  lost(now: Micros, contact: Contact): void {
    this.#keep(now, { contact, since: now })
  }

  tick(now: Micros): void {
    const lost = this.#lost
    const forgotten = now - this.#parts.options.lostFor * SECOND
    let first = lost?.shift()
    while (first !== undefined && first.since < forgotten) first = lost?.shift()
    if (first !== undefined) this.#ask(now, first)
    this.#schedule(now)
  }

  stop(): void {
    this.#isStopped = true
    this.#lost = undefined
    this.#parts.agenda.delete(this)
  }

  #ask(now: Micros, lost: Lost): void {
    const { family, lookups, ownId, querier } = this.#parts
    const { id, address } = lost.contact
    const asked = querier.ask(
      now,
      address,
      id,
      { method: 'find_node', target: ownId },
      {
        isLongShot: true,
        answered: (at, reply) => {
          const named = family === 4 ? reply.nodes : reply.nodes6
          lookups.walk(at, ownId, named, { done: () => {} })
        },
        failed: (at, why) => {
          if (why === 'timeout') this.#keep(at, lost)
        },
      },
    )
    if (!asked) this.#keep(now, lost)
  }

  /** Behind the others; of too many the one that waits next goes. */
  #keep(now: Micros, lost: Lost): void {
    if (this.#isStopped) return
    this.#lost ??= []
    this.#lost.push(lost)
    if (this.#lost.length > this.#parts.options.maxLost) this.#lost.shift()
    if (this.#lost.length === 1) this.#schedule(now)
  }

  #schedule(now: Micros): void {
    const { agenda, options } = this.#parts
    const waits = this.#lost !== undefined && this.#lost.length > 0
    if (!waits) this.#lost = undefined
    agenda.set(this, waits ? now + options.lostInterval * SECOND : NEVER)
  }
}
