import type { Id } from '../../core/id.ts'
import { randomIdWithPrefix } from '../../core/id.ts'
import type { Rng } from '../../core/rng.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Pulse } from '../asking/pulse.ts'
import { type Caller, type Querier, UNHEEDED } from '../asking/querier.ts'
import type { Lookups } from '../lookup/lookups.ts'
import type { DhtOptions } from '../options.ts'
import type { BucketRange } from './bucket-times.ts'
import type { Contact } from './contact.ts'
import type { RoutingTable } from './routing-table.ts'
import { thinRanges } from './thin-ranges.ts'

export interface MaintenanceParts {
  readonly ownId: Id
  readonly options: DhtOptions
  readonly dice: Rng
  readonly agenda: Agenda
  readonly querier: Querier
  readonly pulse: Pulse
  readonly table: RoutingTable
  readonly lookups: Lookups
}

/** While nobody answers, few pings are enough to notice when somebody does. */
const OFFLINE_BATCH = 2

/** Keeps the table true: pings doubtful contacts, refreshes buckets in which nothing happened (BEP 5). */
export class Maintenance implements Timed {
  readonly #parts: MaintenanceParts
  /** Ranges to be filled, one after another. */
  #thin: BucketRange[] = []
  #isRefreshing = false
  /** To be pinged in this round, the next one last; when that began, and how far apart they are. */
  #doubtful: Contact[] = []
  #roundAt: Micros = 0
  #pause: Micros = 0

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
  }

  start(now: Micros): void {
    this.#schedule(now)
  }

  /** Looks into the ranges that walks towards our own id leave thin. */
  fill(now: Micros): void {
    const { options, ownId, table } = this.#parts
    this.#thin = thinRanges(table, ownId, options.bucketSize)
    this.#refreshNext(now)
  }

  /** A node answered that found no place in the bucket of `id`: the most doubtful contact there has to prove itself (BEP 5). */
  contest(now: Micros, id: Id): void {
    const doubtful = this.#parts.table.doubtful(now, id)
    if (doubtful !== undefined) this.#probe(now, doubtful)
  }

  tick(now: Micros): void {
    this.#pingDoubtful(now)
    this.#refreshNext(now)
    this.#schedule(now)
  }

  stop(): void {
    this.#thin = []
    this.#parts.agenda.delete(this)
  }

  /** The next of those that were doubtful when the round began, unless it has been heard of meanwhile. */
  #pingDoubtful(now: Micros): void {
    const { options, pulse, table } = this.#parts
    if (this.#doubtful.length === 0) {
      const batch = pulse.isOffline ? OFFLINE_BATCH : options.maintenanceBatch
      this.#doubtful = table.doubtfuls(now).slice(0, batch).reverse()
      this.#roundAt = now
      this.#pause = Math.floor((options.maintenanceInterval * SECOND) / batch)
    }
    for (let next = this.#doubtful.pop(); next !== undefined; next = this.#doubtful.pop()) {
      if (table.at(next.address) !== next || table.standing(now, next) === 'good') continue
      this.#probe(now, next)
      return
    }
  }

  /**
   * A ping and one retry; the querier tells the table how they end. In a quiet network nobody else may answer meanwhile, so a
   * good contact is pinged along with the retry: if that one answers, both silences were the contact's own.
   */
  #probe(now: Micros, contact: Contact): void {
    const { table } = this.#parts
    table.probing(contact, true)
    const atFirst = table.failures(contact)
    let atRetry: number | undefined
    const settle = (): void => {
      table.probing(contact, false)
    }
    const caller: Caller = {
      answered: settle,
      failed: (at, why) => {
        if (why === 'timeout' && atRetry === undefined) {
          atRetry = table.failures(contact)
          this.#pingControl(at)
          if (this.#ping(at, contact, caller)) return
        } else if (why === 'timeout' && atRetry === atFirst && table.failures(contact) > atFirst) {
          table.failed(at, contact)
        }
        settle()
      },
    }
    if (!this.#ping(now, contact, caller)) settle()
  }

  /** The contact most likely to answer. */
  #pingControl(now: Micros): void {
    const [latest] = this.#parts.table.latest(now)
    if (latest !== undefined) this.#ping(now, latest, UNHEEDED)
  }

  #ping(now: Micros, contact: Contact, caller: Caller): boolean {
    return this.#parts.querier.ask(now, contact.address, contact.id, { method: 'ping' }, caller)
  }

  /** One refresh at a time: what it finds often spares the next. */
  #refreshNext(now: Micros): void {
    const { dice, lookups, options, pulse, table } = this.#parts
    if (this.#isRefreshing || table.size === 0 || pulse.isOffline) return
    const due = now - options.refreshAfter * SECOND
    const range = this.#thin.pop() ?? table.stale(due)[0]
    if (range === undefined) return
    const target = randomIdWithPrefix(dice, range.prefix, range.bits)
    table.refreshing(now, target)
    this.#isRefreshing = true
    lookups.walk(now, target, [], {
      done: (at, { ended }) => {
        this.#isRefreshing = false
        if (ended !== 'cancelled') this.#refreshNext(at)
      },
    })
  }

  /** When the first contact becomes doubtful or the first bucket falls due, but not too often; the pings of a round are spread over it. */
  #schedule(now: Micros): void {
    const { agenda, options, table } = this.#parts
    // Who comes as a guest meanwhile is doubtful by then.
    const soon = now + options.checkSilence * SECOND
    const next = Math.min(table.nextRefresh(), table.nextDoubtful(), soon)
    const rested = Math.max(next, this.#roundAt + options.maintenanceInterval * SECOND, now + 1)
    agenda.set(this, this.#doubtful.length > 0 ? now + this.#pause : rested)
  }
}
