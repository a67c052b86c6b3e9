import { type Address, limitKey, sameAddress } from '../../core/address.ts'
import { equalBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import { TokenBucket } from '../../core/rate.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import { type Querier, UNHEEDED } from '../asking/querier.ts'
import type { Counters } from '../counters.ts'
import type { DhtOptions } from '../options.ts'
import type { RoutingTable } from './routing-table.ts'

interface Candidate {
  readonly key: string
  id: Id | undefined
  address: Address
  /** When it may be checked, if it stays silent until then. */
  at: Micros
}

export interface VerificationParts {
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly counters: Counters
  readonly querier: Querier
  readonly table: RoutingTable
}

/**
 * Turns senders whom we never asked into contacts: one ping, and only an answer counts. At once while the table is small, later
 * when they have been silent for so long that no translator lets us in any more for their having asked; so a flood of forged
 * queries is not turned into pings at its victims either.
 */
export class Verification implements Timed {
  readonly #parts: VerificationParts
  /** One for each IP of global scope. */
  readonly #candidates = new SparseMap<string, Candidate>()
  /** When sources that were checked may be checked again; in that order. */
  readonly #checked = new SparseMap<string, Micros>()
  #rate: TokenBucket | undefined

  constructor(parts: VerificationParts) {
    this.#parts = parts
  }

  /** A query came from `id` at `address`, who is no contact. */
  sighted(now: Micros, id: Id, address: Address): void {
    const key = limitKey(address)
    const waiting = this.#candidates.get(key)
    const { options, table } = this.#parts
    const at = table.needsGuests(now) ? now : now + options.checkSilence * SECOND
    if (waiting !== undefined) {
      // The first id stands while its endpoint goes on sending; it is the ping that finds out.
      if (sameAddress(waiting.address, address)) waiting.at = Math.max(waiting.at, at)
      return
    }
    // Whether it is wanted takes a look at the whole table: not for one that would not be taken in anyway.
    const isWanted = !this.#isFull() && !this.#isResting(now, key) && table.wants(now, id, address)
    if (isWanted) this.#enlist(now, { key, id, address, at })
  }

  /** Somebody named a node by its address alone (BEP 5, PORT message): checked when there is a turn. */
  named(now: Micros, address: Address): void {
    const key = limitKey(address)
    if (this.#candidates.has(key) || this.#isResting(now, key) || this.#isFull()) return
    this.#enlist(now, { key, id: undefined, address, at: now })
  }

  tick(now: Micros): void {
    const { agenda, options } = this.#parts
    // A burst of one: checks are spread evenly over each second.
    this.#rate ??= new TokenBucket(now, options.checkRate, 1)
    let next = NEVER
    for (const candidate of this.#candidates.values()) {
      if (candidate.at > now) next = Math.min(next, candidate.at)
      else if (this.#rate.tryTake(now, 1)) {
        this.#candidates.delete(candidate.key)
        this.#check(now, candidate)
      } else {
        next = now + Math.ceil(SECOND / options.checkRate)
        break
      }
    }
    agenda.set(this, next)
  }

  stop(): void {
    this.#candidates.clear()
    this.#parts.agenda.delete(this)
  }

  #enlist(now: Micros, candidate: Candidate): void {
    const { agenda } = this.#parts
    this.#candidates.set(candidate.key, candidate)
    // All that wait have a time that is no later than one given now, so only the first needs to set the agenda.
    if (candidate.at <= now) this.tick(now)
    else if (this.#candidates.size === 1) agenda.set(this, candidate.at)
  }

  #isFull(): boolean {
    const { counters, options } = this.#parts
    if (this.#candidates.size < options.maxCandidates) return false
    counters.drop('candidates-full')
    return true
  }

  #check(now: Micros, { key, id, address }: Candidate): void {
    const { options, querier } = this.#parts
    if (id !== undefined && !this.#isWanted(now, id, address)) return
    for (const [oldest, until] of this.#checked) {
      if (until > now && this.#checked.size < options.maxChecked) break
      this.#checked.delete(oldest)
    }
    this.#checked.delete(key)
    this.#checked.set(key, now + options.checkRest * SECOND)
    querier.ask(now, address, id, { method: 'ping' }, UNHEEDED)
  }

  #isWanted(now: Micros, id: Id, address: Address): boolean {
    const { table } = this.#parts
    const contact = table.at(address)
    return (contact === undefined || !equalBytes(contact.id, id)) && table.wants(now, id, address)
  }

  #isResting(now: Micros, key: string): boolean {
    const until = this.#checked.get(key)
    return until !== undefined && until > now
  }
}
