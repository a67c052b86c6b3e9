import type { Address } from '../../core/address.ts'
import { MINUTE, type Micros } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Pulse } from '../asking/pulse.ts'
import type { Counters } from '../counters.ts'
import type { DhtOptions } from '../options.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import { RecentAddresses } from './recent-addresses.ts'

export interface ReachabilityParts {
  readonly options: DhtOptions
  readonly agenda: Agenda
  readonly counters: Counters
  readonly pulse: Pulse
  readonly table: RoutingTable
  /** How many nodes the network has, as far as anybody can tell. */
  networkSize(): number | undefined
  /** Where others reach us, as far as that is known. */
  ownAddress(): Address | undefined
  /** From now on we answer queries, or do not and say so in our own (BEP 43). */
  switched(now: Micros, isReadOnly: boolean): void
  /** What is known of our network may be something else than before. */
  felt(now: Micros): void
}

/** Without a stranger's query for so long a node takes itself for unreachable. */
const WINDOW: Micros = 15 * MINUTE
/** Of a value of so many bits for each address that something was sent to. */
const BITS = 11
/** How often it is seen to whether the window still counts. */
const CHECK: Micros = WINDOW / 3
/** A window tells something when we have sent to less than this part of the network: all others would be strangers. */
const FEW = 0.01
/** Of each hour a read-only node is silent for so long; then it answers again for a window, to see whether somebody comes. */
const SILENCE: Micros = 45 * MINUTE

/**
 * Whether others reach us, and therefore whether we are read-only (BEP 43). A stranger is who asks from an address to which we have
 * sent nothing in the last ten minutes: what lets our answers in (NAT) lets none of these in. `open`: we answer; `silent`: for a
 * window nobody like that came, while our own queries succeeded; `trial`: after some silence we answer again for a window. A
 * stranger opens us again. Only in the global scope, and only in a large network: in a small one all know each other.
 */
export class Reachability implements Timed {
  readonly #parts: ReachabilityParts
  /** To whom anything was sent in the last ten minutes at least, and fifteen at most. */
  readonly #sent = new RecentAddresses(5 * MINUTE, BITS)
  #sentAt: Micros = 0
  #state: 'open' | 'silent' | 'trial'
  /** When the last stranger came. */
  #strangerAt: Micros | undefined
  #since: Micros
  #switchedAt: Micros
  #responses = 0

  constructor(now: Micros, parts: ReachabilityParts) {
    this.#parts = parts
    this.#state = parts.options.readOnly === true ? 'silent' : 'open'
    this.#since = now
    this.#switchedAt = now
  }

  start(now: Micros): void {
    if (this.#parts.options.readOnly === 'auto') this.#restart(now)
  }

  get isReadOnly(): boolean {
    return this.#state === 'silent'
  }

  /** Whether others reach us; `undefined`: nothing speaks for or against it. */
  isReachable(now: Micros): boolean | undefined {
    if (this.#strangerAt !== undefined && now - this.#strangerAt < WINDOW) return true
    return this.#state === 'open' ? undefined : false
  }

  /** When the last datagram left. */
  get sentAt(): Micros {
    return this.#sentAt
  }

  /** A datagram leaves. */
  sent(now: Micros, to: Address): void {
    this.#sentAt = now
    this.#sent.add(now, to)
  }

  /** A query has come. */
  asked(now: Micros, from: Address): void {
    if (from.scope !== 'global' || this.#sent.has(now, from)) return
    const isNews = this.isReachable(now) !== true
    this.#strangerAt = now
    if (isNews) this.#parts.felt(now)
    if (this.#parts.options.readOnly !== 'auto') return
    if (this.#state === 'trial') {
      this.#state = 'open'
      this.#restart(now)
    } else if (this.#state === 'silent') this.#open(now)
  }

  tick(now: Micros): void {
    if (this.#state === 'silent') this.#endSilence(now)
    else if (this.#strangerAt !== undefined && this.#strangerAt > this.#since)
      this.#restart(this.#strangerAt, now)
    else if (this.#isUndecided(now)) this.#restart(now)
    else if (now < this.#since + WINDOW) this.#wait(now)
    else {
      this.#state = 'silent'
      this.#switchedAt = now
      this.#parts.agenda.set(this, now + SILENCE)
      this.#parts.switched(now, true)
    }
    this.#parts.felt(now)
  }

  stop(): void {
    this.#parts.agenda.delete(this)
  }

  /** Our own queries fail, or nothing can be told from who comes: the window begins anew. */
  #isUndecided(now: Micros): boolean {
    const { counters, options, ownAddress, pulse, table } = this.#parts
    const isOver = now >= this.#since + WINDOW
    const isHeard = !pulse.isOffline && (!isOver || counters.responses > this.#responses)
    const isPublic = ownAddress()?.scope === 'global' && table.size >= options.smallTable
    return !isHeard || !isPublic || this.#sent.isCrowded(now) || this.#knowsAll(now)
  }

  /** Too large a part of the network has heard from us for strangers to be expected. */
  #knowsAll(now: Micros): boolean {
    const size = this.#parts.networkSize()
    return size !== undefined && this.#sent.count(now) > FEW * size
  }

  /** Either a stranger came, and too soon after the last switch, or it is time to try. */
  #endSilence(now: Micros): void {
    if (this.#strangerAt !== undefined && this.#strangerAt >= this.#switchedAt) this.#open(now)
    else this.#answer(now, 'trial')
  }

  #open(now: Micros): void {
    const due = this.#switchedAt + WINDOW
    if (now >= due) this.#answer(now, 'open')
    else this.#parts.agenda.set(this, due)
  }

  #answer(now: Micros, state: 'open' | 'trial'): void {
    this.#state = state
    this.#switchedAt = now
    this.#restart(now)
    this.#parts.switched(now, false)
  }

  /** A window began at `since`. */
  #restart(since: Micros, now: Micros = since): void {
    this.#since = since
    this.#responses = this.#parts.counters.responses
    this.#wait(now)
  }

  #wait(now: Micros): void {
    const end = this.#since + WINDOW
    this.#parts.agenda.set(this, now < end ? Math.min(now + CHECK, end) : now + CHECK)
  }
}
