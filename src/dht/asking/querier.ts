import type { KrpcError, KrpcResponse } from '../../codec/krpc.ts'
import type { Address } from '../../core/address.ts'
import { equalBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import type { Rng } from '../../core/rng.ts'
import { SparseSet } from '../../core/sparse-set.ts'
import { type Micros, NEVER } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Counters } from '../counters.ts'
import type { Reachability } from '../identity/reachability.ts'
import type { Sister } from '../identity/sister.ts'
import { Reach } from '../lookup/reach.ts'
import type { DhtOptions } from '../options.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import type { Outbox, Question } from './outbox.ts'
import type { Pulse } from './pulse.ts'
import { type Transaction, Transactions } from './transactions.ts'

/** A response whose sender's id is well-formed and not ours. */
export type Reply = KrpcResponse & { readonly id: Id }

/** `timeout`: nothing came; `error`: a KRPC error did; `faulty`: a response without a usable id; `stopped`: the node was. */
export type CallFailure = 'timeout' | 'error' | 'faulty' | 'stopped'

/** Whoever asked. Exactly one of `answered` and `failed` follows each query, `slow` perhaps before it. */
export interface Caller {
  answered(now: Micros, reply: Reply, elapsed: Micros): void
  /** `code` is that of the KRPC error, else 0. */
  failed(now: Micros, why: CallFailure, code: number): void
  /** The soft timeout has passed: do not wait, though a reply would still count. */
  slow?(now: Micros): void
  /** Silence is what the caller expects: it says nothing of our own network. */
  readonly isLongShot?: boolean
}

/** For whom the books that the querier keeps on who answers are enough. */
export const UNHEEDED: Caller = { answered: () => {}, failed: () => {} }

/** Told of every node that answered, and how long it took, before the caller is. */
export type Heard = (now: Micros, id: Id, address: Address, elapsed: Micros) => void

export interface QuerierParts {
  readonly ownId: Id
  readonly family: 4 | 6
  readonly sister: (() => Sister | undefined) | undefined
  readonly options: DhtOptions
  readonly secret: Rng
  readonly agenda: Agenda
  readonly counters: Counters
  readonly outbox: Outbox
  readonly table: RoutingTable
  readonly reachability: Reachability
  readonly pulse: Pulse
  readonly heard: Heard
  /** `voter`, whom we asked, says that we are at `address` (BEP 42, "ip"). */
  readonly told: (now: Micros, voter: Address, address: Address) => void
}

/** Endpoints that are remembered for having answered with our own id; the oldest is forgotten. */
const MAX_REFLECTORS = 64

/**
 * Sends our queries, matches what comes back, and keeps the books on who answers. A contact is blamed for silence only
 * when somebody else answered while its query was outstanding, and our network was not down when that was sent: when everything
 * fails, we are the ones who are offline.
 */
export class Querier implements Timed {
  readonly #parts: QuerierParts
  readonly #transactions: Transactions<Caller>
  readonly #reach: Reach
  readonly #reflectors = new SparseSet<string>()
  #lastReply: Micros = Number.NEGATIVE_INFINITY
  /** What the agenda holds; replies may have made it too early, never too late. */
  #wake: Micros = NEVER

  constructor(parts: QuerierParts) {
    this.#parts = parts
    this.#transactions = new Transactions(parts.options, parts.secret)
    this.#reach = new Reach(parts)
  }

  get outstanding(): number {
    return this.#transactions.size
  }

  /** Whether `address` answered with our own id: it is ourselves, or it echoes. */
  isReflector(address: Address): boolean {
    return this.#reflectors.has(address.text)
  }

  /** Whether a walk may write to one more place that it has not asked yet. */
  reaches(now: Micros, address: Address): boolean {
    return this.#reach.allows(now, address)
  }

  /** Sends a query; `expected` is whom we think to ask. False when too many are outstanding: nothing was sent. */
  ask(now: Micros, address: Address, expected: Id | undefined, question: Question, caller: Caller): boolean {
    const { agenda, counters, outbox, reachability } = this.#parts
    if (this.#transactions.full) {
      counters.drop('transactions-full')
      return false
    }
    const transaction = this.#transactions.open(now, address, expected, caller)
    if (transaction.patience < this.#wake) {
      this.#wake = transaction.patience
      agenda.set(this, this.#wake)
    }
    counters.queriesOut += 1
    const isForBoth = question.method === 'find_node' && this.#parts.sister?.()?.seeks(now) === true
    outbox.query(address, transaction.key, question, isForBoth)
    reachability.sent(now, address)
    return true
  }

  response(now: Micros, from: Address, response: KrpcResponse): void {
    const { counters, ownId, table } = this.#parts
    const transaction = this.#transactions.take(from, response.transaction)
    if (transaction === undefined) {
      counters.drop('unmatched')
      return
    }
    counters.responses += 1
    this.#alive(now)
    const { id } = response
    if (id === undefined) {
      counters.drop('faulty')
      this.#blame(now, transaction)
      transaction.caller.failed(now, 'faulty', 0)
      return
    }
    if (equalBytes(id, ownId)) {
      counters.drop('reflector')
      this.#remember(from)
      this.#blame(now, transaction)
      transaction.caller.failed(now, 'faulty', 0)
      return
    }
    if (response.ip !== undefined) this.#parts.told(now, from, response.ip)
    this.#passOn(now, from, response)
    const elapsed = now - transaction.sent
    this.#transactions.measured(elapsed)
    const { expected } = transaction
    if (expected !== undefined && !equalBytes(id, expected)) {
      // Another than whom we asked: what stood at this address goes; the new one has to be asked as itself.
      counters.drop('id-changed')
      const contact = table.at(from)
      if (contact !== undefined && !equalBytes(contact.id, id)) table.remove(now, contact)
    } else this.#parts.heard(now, id, from, elapsed)
    transaction.caller.answered(now, response as Reply, elapsed)
  }

  error(now: Micros, from: Address, error: KrpcError): void {
    const transaction = this.#transactions.take(from, error.transaction)
    if (transaction === undefined) {
      this.#parts.counters.drop('unmatched')
      return
    }
    this.#parts.counters.errors += 1
    this.#alive(now)
    if (error.ip !== undefined) this.#parts.told(now, from, error.ip)
    transaction.caller.failed(now, 'error', error.code)
  }

  tick(now: Micros): void {
    for (let slow = this.#transactions.takeSlow(now); slow; slow = this.#transactions.takeSlow(now)) {
      slow.caller.slow?.(now)
    }
    for (
      let failed = this.#transactions.takeFailed(now);
      failed;
      failed = this.#transactions.takeFailed(now)
    ) {
      this.#parts.counters.timeouts += 1
      if (failed.caller.isLongShot !== true) this.#parts.pulse.unanswered(now, failed.sent)
      if (this.#lastReply >= failed.sent && !this.#parts.pulse.wasDownAt(failed.sent))
        this.#blame(now, failed)
      failed.caller.failed(now, 'timeout', 0)
    }
    this.#wake = this.#transactions.nextDeadline()
    this.#parts.agenda.set(this, this.#wake)
  }

  stop(now: Micros): void {
    this.#parts.agenda.delete(this)
    for (const { caller } of this.#transactions.clear()) caller.failed(now, 'stopped', 0)
  }

  /** Nodes of the other family, which we do not ask for unless it needs them (BEP 32). */
  #passOn(now: Micros, from: Address, { nodes, nodes6 }: KrpcResponse): void {
    const others = this.#parts.family === 4 ? nodes6 : nodes
    if (others.length === 0) return
    const sister = this.#parts.sister?.()
    if (sister?.seeks(now) === true) sister.hint(now, from, others)
  }

  #alive(now: Micros): void {
    this.#lastReply = now
    this.#parts.pulse.answered(now)
  }

  #blame(now: Micros, transaction: Transaction<Caller>): void {
    const contact = this.#parts.table.at(transaction.address)
    if (contact !== undefined) this.#parts.table.failed(now, contact)
  }

  #remember(reflector: Address): void {
    if (this.#reflectors.size >= MAX_REFLECTORS) {
      for (const oldest of this.#reflectors) {
        this.#reflectors.delete(oldest)
        break
      }
    }
    this.#reflectors.add(reflector.text)
  }
}
