import { type Micros, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { DhtOptions } from '../options.ts'
import type { Contact } from '../table/contact.ts'
import type { RoutingTable } from '../table/routing-table.ts'

export interface PulseParts {
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly table: RoutingTable
  /** Pings a contact; whatever comes of it is told by `answered` and `unanswered`. */
  beat(now: Micros, contact: Contact): void
  /** What is known of our network may be something else than before. */
  felt(now: Micros): void
}

/** Between two pings while nobody answers. */
const BEAT: Micros = 5 * SECOND
/** Queries that fail over so long, and nobody else answers: something is wrong. */
const FAINT: Micros = 10 * SECOND

/**
 * Whether anybody answers us. From the first query on that fails after an answer, a contact is pinged each five seconds, another each
 * time, until one answers: so it is known soon whether one node fell silent or all did, and that they are back.
 */
export class Pulse implements Timed {
  readonly #parts: PulseParts
  /** When the first and the last query were sent that failed since anybody answered. */
  #silentSince: Micros | undefined
  #lastFailed: Micros = 0
  /** When somebody answered again after ten seconds in which nobody had. */
  #recoveredAt: Micros = Number.NEGATIVE_INFINITY
  #turn = 0

  constructor(parts: PulseParts) {
    this.#parts = parts
  }

  /** All queries of a minute have failed. */
  get isOffline(): boolean {
    return this.#silence >= this.#parts.options.offlineAfter * SECOND
  }

  /** All queries of ten seconds have failed. */
  get isFaint(): boolean {
    return this.#silence >= FAINT
  }

  /** Whether what was sent at `sent` may have been lost because our network was down. */
  wasDownAt(sent: Micros): boolean {
    return sent < this.#recoveredAt
  }

  /** Somebody has answered a query. */
  answered(now: Micros): void {
    if (this.#silentSince === undefined) return
    const wasFaint = this.isFaint
    this.#silentSince = undefined
    this.#parts.agenda.delete(this)
    if (!wasFaint) return
    this.#recoveredAt = now
    this.#parts.felt(now)
  }

  /** A query has failed that was sent at `sent`. */
  unanswered(now: Micros, sent: Micros): void {
    if (this.#silentSince === undefined) {
      this.#silentSince = sent
      this.#parts.agenda.set(this, now + 1)
    }
    const before = this.#silence
    this.#lastFailed = Math.max(this.#lastFailed, sent)
    if (before !== this.#silence && this.isFaint) this.#parts.felt(now)
  }

  tick(now: Micros): void {
    const contact = this.#next(now)
    if (contact === undefined) return
    this.#parts.beat(now, contact)
    this.#parts.agenda.set(this, now + BEAT)
  }

  stop(): void {
    this.#parts.agenda.delete(this)
  }

  get #silence(): Micros {
    return this.#silentSince === undefined ? 0 : this.#lastFailed - this.#silentSince
  }

  /** Those that were heard of lately first. */
  #next(now: Micros): Contact | undefined {
    const { table } = this.#parts
    const good = table.latest(now)
    const contacts = good.length > 0 ? good : table.doubtfuls(now).reverse()
    return contacts[this.#turn++ % contacts.length]
  }
}
