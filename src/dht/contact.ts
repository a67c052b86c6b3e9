import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'

/** BEP 5, "Routing Table". */
export type Standing = 'good' | 'questionable' | 'bad'

/**
 * A node as the routing table knows it. Only nodes that have answered us become contacts, so one time is enough: it was
 * good at `lastSeen`, when it last answered us or asked us something.
 */
export class Contact {
  readonly id: Id
  readonly address: Address
  lastSeen: Micros
  /** Queries in a row that it left unanswered while others answered. */
  failures = 0
  /** A ping that will settle its standing is under way. */
  probed = false

  constructor(id: Id, address: Address, now: Micros) {
    this.id = id
    this.address = address
    this.lastSeen = now
  }
}
