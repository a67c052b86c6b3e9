import { type Micros, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Pulse } from '../asking/pulse.ts'
import type { DhtOptions } from '../options.ts'
import type { Contact } from '../table/contact.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import type { Reachability } from './reachability.ts'

export interface KeepAliveParts {
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly pulse: Pulse
  readonly table: RoutingTable
  readonly reachability: Reachability
  /** Pings a contact. */
  readonly beat: (now: Micros, contact: Contact) => void
}

/**
 * Keeps open what a translator before us has opened. One that lets everybody in (RFC 4787, endpoint-independent filtering) forgets
 * us when nothing leaves for a minute or two, and a node in a quiet network has nothing to say for longer. So the contact that has
 * been silent longest is pinged a little before its time.
 */
export class KeepAlive implements Timed {
  readonly #parts: KeepAliveParts

  constructor(parts: KeepAliveParts) {
    this.#parts = parts
  }

  start(now: Micros): void {
    if (this.#pause > 0) this.#parts.agenda.set(this, now + this.#pause)
  }

  tick(now: Micros): void {
    const { agenda, beat, pulse, reachability, table } = this.#parts
    const due = reachability.sentAt + this.#pause
    if (now < due) {
      agenda.set(this, due)
      return
    }
    agenda.set(this, now + this.#pause)
    const contact = table.longestSilent()
    // Who answers nobody need not be reached, and a private network has no translators.
    if (contact?.address.scope !== 'global' || reachability.isReadOnly || pulse.isOffline) return
    beat(now, contact)
  }

  stop(): void {
    this.#parts.agenda.delete(this)
  }

  get #pause(): Micros {
    return this.#parts.options.keepAlive * SECOND
  }
}
