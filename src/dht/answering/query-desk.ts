import type { KrpcQuery } from '../../codec/krpc.ts'
import type { Address } from '../../core/address.ts'
import { equalBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'
import type { Outbox } from '../asking/outbox.ts'
import type { Counters } from '../counters.ts'
import type { Reachability } from '../identity/reachability.ts'
import type { DhtOptions } from '../options.ts'
import type { Askers } from '../table/askers.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import type { Verification } from '../table/verification.ts'
import type { Answer } from './answer.ts'
import { QueryLimit } from './query-limit.ts'
import type { Responder } from './responder.ts'

export interface QueryDeskParts {
  readonly ownId: Id
  readonly options: DhtOptions
  readonly counters: Counters
  readonly outbox: Outbox
  readonly table: RoutingTable
  readonly reachability: Reachability
  readonly askers: Askers
}

const INTERNAL: Answer = { kind: 'error', code: 202, message: 'Server Error' }

/** Where queries arrive: those that we may answer go to the responder, and their senders to those who keep the books. */
export class QueryDesk {
  readonly #parts: QueryDeskParts
  readonly #limit: QueryLimit
  readonly #verification: Verification
  readonly #responder: Responder

  constructor(parts: QueryDeskParts, verification: Verification, responder: Responder) {
    this.#parts = parts
    this.#limit = new QueryLimit(parts.options)
    this.#verification = verification
    this.#responder = responder
  }

  receive(now: Micros, from: Address, query: KrpcQuery): void {
    const { askers, counters, outbox, ownId, reachability, table } = this.#parts
    const isFaulty = query.fault !== undefined
    if (!isFaulty && equalBytes(query.id, ownId)) {
      counters.drop('own-id')
      return
    }
    reachability.asked(now, from)
    askers.asked(now, from)
    if (reachability.isReadOnly) {
      counters.drop('read-only')
      return
    }
    if (!this.#limit.allows(now, from)) {
      counters.drop('query-limit')
      return
    }
    counters.queriesIn += 1
    const answer = this.#decide(now, from, query)
    if (answer !== undefined) {
      if (outbox.answer(from, query.transaction, answer)) reachability.sent(now, from)
      else counters.drop('oversized')
    }
    // A read-only node answers nobody, so it is no contact (BEP 43).
    if (isFaulty || query.readOnly || table.queried(now, query.id, from)) return
    this.#verification.sighted(now, query.id, from)
  }

  /** A responder is a policy: what it does wrong is no reason to fall. */
  #decide(now: Micros, from: Address, query: KrpcQuery): Answer | undefined {
    try {
      return this.#responder.answer(now, from, query)
    } catch {
      return INTERNAL
    }
  }
}
