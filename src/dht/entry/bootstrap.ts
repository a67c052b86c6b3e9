import type { NodeInfo } from '../../codec/compact.ts'
import type { Address } from '../../core/address.ts'
import type { Id } from '../../core/id.ts'
import { below, type Rng } from '../../core/rng.ts'
import { MINUTE, type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { Caller, Querier, Reply } from '../asking/querier.ts'
import type { Counters } from '../counters.ts'
import type { Lookup } from '../lookup/lookup.ts'
import type { Lookups } from '../lookup/lookups.ts'
import type { DhtOptions } from '../options.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import { type Entry, type EntryKind, EntryPoints } from './entry-points.ts'
import { Restoration } from './restoration.ts'

export interface BootstrapParts {
  readonly ownId: Id
  readonly family: 4 | 6
  readonly options: DhtOptions
  readonly dice: Rng
  readonly agenda: Agenda
  readonly counters: Counters
  readonly querier: Querier
  readonly table: RoutingTable
  readonly lookups: Lookups
  /** The look-up of our own id is over and there are good contacts. */
  joined(now: Micros, nodes: number): void
  /** The table was handed over and holds good contacts. */
  resumed(now: Micros, nodes: number): void
  /** Our own id was looked up again. */
  widened(now: Micros): void
  /** What is known of our network may be something else than before. */
  felt(now: Micros): void
  /** `alone`: nowhere to go, so nothing is wrong; else nobody answers. */
  unanswered(now: Micros, alone: boolean): void
}

/** How often a joined node makes sure that it still is. */
const WATCH: Micros = 60 * SECOND
/** Our own id is looked up again after this while the table is too small to fill an answer; the wait doubles. */
const REPEAT_SMALL: Micros = SECOND
/** Or after this: those who joined together with us have been verified by their neighbours only then. */
const REPEAT: Micros = 2 * MINUTE

/**
 * Finds the way in. `idle` until started; `seeking`: entry points are asked for nodes near us, all at once and each with its
 * own back-off, and saved contacts are pinged a few at a time; `joining`: somebody answered, our own id is looked up (BEP 5);
 * `joined`: that has heard from all but the dead, and we only watch; entry points that never answered are still asked while
 * the table is small. Back to `seeking` when no good contact is left. Nothing
 * here waits for anything else, so dead routers delay no one, and a network that appears later is found by the next round.
 */
export class Bootstrap implements Timed {
  readonly #parts: BootstrapParts
  readonly #entries: EntryPoints
  readonly #restoration: Restoration
  #phase: 'idle' | 'seeking' | 'joining' | 'joined' = 'idle'
  #soughtSince: Micros = 0
  #hasReported = false
  /** Of our own id, while joining. */
  #walk: Lookup | undefined
  #repeat: Micros = REPEAT_SMALL
  #repeatAt: Micros = NEVER
  /** Our id has changed since the look-up began that joins us: another follows. */
  #isRenamed = false

  constructor(parts: BootstrapParts) {
    this.#parts = parts
    this.#entries = new EntryPoints(parts)
    this.#restoration = new Restoration(parts)
  }

  get joined(): boolean {
    return this.#phase === 'joined'
  }

  /** Whether there is anywhere to go. */
  get hasEntries(): boolean {
    return this.#entries.size > 0 || !this.#restoration.isEmpty
  }

  /**
   * Whom the next run is to ask, the most recently seen first: our contacts, and while they are few those saved ones that have not
   * answered yet.
   */
  remembered(): readonly NodeInfo[] {
    const { options, table } = this.#parts
    const contacts = table.lasting()
    if (contacts.length >= options.smallTable) return contacts
    return [...contacts, ...this.#restoration.silent.filter(({ address }) => table.at(address) === undefined)]
  }

  isRouter(address: Address): boolean {
    return this.#entries.isRouter(address)
  }

  start(now: Micros, saved: readonly NodeInfo[]): void {
    this.#restoration.start(now, saved)
    this.#seek(now)
  }

  /** The table was handed over: there is nothing to seek, unless nobody in it is good. */
  resume(now: Micros): void {
    const { dice, options, table } = this.#parts
    const nodes = table.good(now)
    if (nodes === 0) {
      this.#seek(now)
      return
    }
    this.#phase = 'joined'
    this.#parts.felt(now)
    this.#repeat = options.refreshAfter * SECOND
    this.#repeatAt = now + below(dice, this.#repeat)
    this.#parts.resumed(now, nodes)
    this.#schedule(now)
  }

  add(now: Micros, address: Address, kind: EntryKind): void {
    if (address.family !== this.#parts.family || !address.usable) return
    this.#entries.add(now, address, kind, !this.#restoration.isEmpty)
    if (this.#phase === 'seeking') this.tick(now)
  }

  /** A contact has answered, so there is a network. */
  reached(now: Micros): void {
    if (this.#phase === 'seeking') this.#join(now, [])
  }

  /** Our id is another one now: we look for its neighbourhood. */
  renamed(now: Micros): void {
    if (this.#phase === 'joined') this.#widen(now, [])
    else this.#isRenamed = this.#phase === 'joining'
  }

  tick(now: Micros): void {
    if (this.#phase === 'seeking') {
      this.#askEntries(now)
      this.#report(now)
    } else if (this.#phase === 'joined') {
      if (this.#parts.table.good(now, 1) === 0) {
        this.#seek(now)
        return
      }
      if (this.#isSmall(now)) this.#askEntries(now)
      if (now >= this.#repeatAt) this.#widen(now, [])
    }
    this.#schedule(now)
  }

  stop(): void {
    this.#phase = 'idle'
    this.#restoration.stop()
    this.#parts.agenda.delete(this)
  }

  #seek(now: Micros): void {
    this.#phase = 'seeking'
    this.#parts.felt(now)
    this.#soughtSince = now
    this.#hasReported = false
    this.#repeat = REPEAT_SMALL
    this.#entries.restart(now, !this.#restoration.isEmpty)
    this.#restoration.seek(now, true)
    this.tick(now)
  }

  #askEntries(now: Micros): void {
    const { ownId, querier } = this.#parts
    for (const entry of this.#entries.due(now, this.#phase === 'seeking')) {
      if (querier.isReflector(entry.address)) {
        entry.at = NEVER
        continue
      }
      const caller: Caller = {
        answered: (at, reply) => this.#admitted(at, entry, reply),
        failed: () => this.#entries.failed(entry),
      }
      querier.ask(now, entry.address, undefined, { method: 'find_node', target: ownId }, caller)
    }
  }

  #admitted(now: Micros, entry: Entry, reply: Reply): void {
    const named = this.#parts.family === 4 ? reply.nodes : reply.nodes6
    // A router that knows nobody is of no use yet; it is asked again.
    if (entry.kind === 'router' && named.length === 0) return
    entry.at = NEVER
    entry.score = Math.max(entry.score, 0) + 1
    if (this.#phase === 'seeking') this.#join(now, named)
    else if (this.#phase === 'joining') this.#walk?.begin(now, named)
    else if (this.#phase === 'joined') this.#widen(now, named)
  }

  /** Too small to fill an answer: perhaps not the network, but an island of those who found us before we found the way in. */
  #isSmall(now: Micros): boolean {
    const { options, table } = this.#parts
    return table.good(now, options.bucketSize) < options.bucketSize
  }

  #report(now: Micros): void {
    if (this.#hasReported || now < this.#reportAt()) return
    this.#hasReported = true
    this.#parts.unanswered(now, !this.hasEntries)
  }

  #reportAt(): Micros {
    const { aloneAfter, noNodesAfter } = this.#parts.options
    return this.#soughtSince + (this.hasEntries ? noNodesAfter : aloneAfter) * SECOND
  }

  /** Looks up our own id, which makes us known to our neighbours and them to us. */
  #join(now: Micros, seeds: readonly NodeInfo[]): void {
    this.#phase = 'joining'
    this.#restoration.seek(now, false)
    this.#isRenamed = false
    const walk = this.#parts.lookups.walk(now, this.#parts.ownId, seeds, {
      // In a small network, nodes that have left would keep us waiting for their hard timeout.
      lingering: (at) => {
        if (this.#phase === 'joining' && this.#parts.table.good(at, 1) > 0) this.#joined(at)
      },
      done: (at) => {
        if (this.#phase === 'joining') this.#joined(at)
      },
    })
    if (this.#phase === 'joining') this.#walk = walk
  }

  #joined(now: Micros): void {
    this.#walk = undefined
    const nodes = this.#parts.table.good(now)
    this.#phase = nodes === 0 ? 'seeking' : 'joined'
    this.#parts.felt(now)
    if (nodes === 0) {
      // Whoever let us in knew nobody who lives.
      this.#entries.retry(now)
      this.#restoration.seek(now, true)
    } else {
      this.#planRepeat(now, nodes)
      this.#parts.joined(now, nodes)
      if (this.#isRenamed) this.#widen(now, [])
    }
    this.#schedule(now)
  }

  /** The neighbourhood changes, and it is not refreshed by being talked to: own id and thin ranges are looked up again. */
  #widen(now: Micros, seeds: readonly NodeInfo[]): void {
    this.#repeatAt = NEVER
    const { lookups, ownId, table } = this.#parts
    lookups.walk(now, ownId, seeds, {
      done: (at) => {
        if (this.#phase !== 'joined') return
        this.#parts.widened(at)
        this.#planRepeat(at, table.good(at))
        this.#schedule(at)
      },
    })
  }

  #planRepeat(now: Micros, nodes: number): void {
    const { bucketSize, refreshAfter } = this.#parts.options
    if (nodes >= bucketSize && this.#repeat < REPEAT) this.#repeat = REPEAT
    this.#repeatAt = now + this.#repeat
    const isSteady = this.#repeat >= REPEAT
    this.#repeat = isSteady ? refreshAfter * SECOND : 2 * this.#repeat
  }

  #schedule(now: Micros): void {
    const { agenda } = this.#parts
    const isJoined = this.#phase === 'joined'
    if (!isJoined && this.#phase !== 'seeking') return
    let next = isJoined ? Math.min(now + WATCH, this.#repeatAt) : this.#hasReported ? NEVER : this.#reportAt()
    if (!isJoined || this.#isSmall(now)) next = Math.min(next, this.#entries.next)
    agenda.set(this, Math.max(next, now + 1))
  }
}
