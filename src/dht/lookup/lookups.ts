import { type NodeInfo, readPeers } from '../../codec/compact.ts'
import type { Id } from '../../core/id.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { SparseSet } from '../../core/sparse-set.ts'
import type { Micros } from '../../core/time.ts'
import type { ItemStore } from '../answering/item-store.ts'
import type { PeerStore } from '../answering/peer-store.ts'
import type { RoutingTable } from '../table/routing-table.ts'
import { announcement, isOutdated, isPlentiful, itemDelivery } from './deliveries.ts'
import { type Delivered, type Delivery, DeliveryRound } from './delivery-round.ts'
import { Lookup, type LookupParts } from './lookup.ts'
import type {
  LookupEnd,
  LookupHandle,
  LookupObserver,
  LookupRequest,
  LookupResult,
  TokenHolder,
} from './lookup-request.ts'
import { belongsTo } from './nearness.ts'
import { NetworkSize } from './network-size.ts'
import { RecentWalks } from './recent-walks.ts'
import type { Guard } from './vigil.ts'

export interface LookupsParts extends LookupParts {
  readonly table: RoutingTable
  readonly store: PeerStore
  readonly items: ItemStore
}

/** More than a walk ever needs to start from, so that some of them may be dead. */
const SEEDS = 16
/** KRPC error: an equal or newer version is there (BEP 44). */
const SEQ_TOO_LOW = 302
/** Peers of our own store that a look-up reports. */
const OWN_PEERS = 200
/** Of our own id, from which the size of the network is guessed. */
const NEIGHBOURS = 8

/** The look-ups under way, and those that wait until the node has joined a network. */
export class Lookups {
  readonly #parts: LookupsParts
  readonly #open = new SparseSet<LookupHandle>()
  readonly #waiting = new SparseMap<LookupHandle, (now: Micros) => void>()
  readonly #recent: RecentWalks
  #size: NetworkSize | undefined
  #isStopped = false

  constructor(parts: LookupsParts) {
    this.#parts = parts
    this.#recent = new RecentWalks(parts.options)
  }

  get size(): number {
    return this.#open.size
  }

  /** A look-up from the contacts in the table, once `isJoined`; its deadline runs at once. */
  open(now: Micros, request: LookupRequest, observer: LookupObserver, isJoined: boolean): LookupHandle {
    if (this.#isStopped || this.#open.size >= this.#parts.options.maxLookups) {
      this.#parts.counters.drop('lookups-full')
      observer.done(now, nothing(request, 'refused'))
      return { cancel: () => {} }
    }
    let stage: LookupHandle
    const handle: LookupHandle = { cancel: (at) => stage.cancel(at) }
    const done = (at: Micros, result: LookupResult): void => {
      this.#open.delete(handle)
      this.#waiting.delete(handle)
      observer.done(at, result)
    }
    const finish = (at: Micros, result: LookupResult, holders: readonly TokenHolder[]): void => {
      this.#learn(result)
      const due = result.ended === 'cancelled' ? undefined : this.#due(at, request, result, holders)
      const missing = request.announce === undefined ? [] : this.#recent.missing(at, request.target, holders)
      if (request.want === 'peers' && result.ended === 'closest')
        this.#recent.ended(at, request.target, result.suspicious ? [] : holders)
      if (due === undefined || 'taken' in due) {
        done(at, due === undefined ? result : delivered(result, due))
        return
      }
      const round = new DeliveryRound(this.#parts.querier, due, (end, outcome) => {
        done(end, delivered(result, outcome))
      })
      stage = round
      round.begin(at, [...holders, ...missing])
    }
    const lookup = new Lookup(now, request, this.#parts, observer, finish, this.#guard())
    stage = lookup
    this.#open.add(handle)
    if (request.want === 'peers') {
      // In a network of a few nodes we may be the only one that a peer has announced itself to.
      const { family, store } = this.#parts
      lookup.report(
        now,
        readPeers(store.sample(now, request.target, OWN_PEERS, 'loopback'), family),
        undefined,
      )
    }
    const own = request.want === 'item' ? this.#parts.items.get(now, request.target) : undefined
    if (own !== undefined) lookup.offer(now, own)
    const begin = (at: Micros): void => {
      const { target } = request
      lookup.begin(at, [...this.#recent.at(at, target), ...this.#parts.table.nearest(target, SEEDS)])
    }
    if (isJoined) begin(now)
    else if (this.#open.has(handle)) this.#waiting.set(handle, begin)
    return handle
  }

  /** What is to be brought to `nearest` after a walk, or what has come of it already. */
  #due(
    now: Micros,
    { announce, put, target }: LookupRequest,
    result: LookupResult,
    nearest: readonly TokenHolder[],
  ): Delivery | Delivered | undefined {
    if (announce !== undefined) return announcement(target, announce)
    if (put === undefined) return undefined
    if (isOutdated(put, result)) return { taken: 0, refusal: SEQ_TOO_LOW }
    const { items, options, ownId } = this.#parts
    if (belongsTo(result.closest, options.bucketSize, target, ownId)) {
      // As with peers: a node among the nearest keeps what it puts, as it would for any other.
      if (items.conflict(now, target, put.item, put.cas) === undefined) items.put(now, target, put.item)
    }
    if (put.ifScarce && isPlentiful(result, nearest)) return { taken: nearest.length, refusal: 0 }
    return itemDelivery(target, put)
  }

  /** A walk of the node's own towards `target`, from `seeds`. */
  walk(now: Micros, target: Id, seeds: readonly NodeInfo[], observer: LookupObserver): Lookup {
    const lookup = new Lookup(now, { target, want: 'nodes' }, this.#parts, observer, (at, result) => {
      this.#open.delete(lookup)
      if (target !== this.#parts.ownId) this.#learn(result)
      // Others may have settled around our own id, so it is no place to learn from. What was learnt before may be of a smaller network.
      else this.#size = undefined
      observer.done(at, result)
    })
    this.#open.add(lookup)
    lookup.begin(now, [...seeds, ...this.#parts.table.nearest(target, SEEDS)])
    return lookup
  }

  /** How many nodes the network has, as far as anybody can tell. */
  networkSize(): number | undefined {
    const { ownId, table } = this.#parts
    this.#size ??= new NetworkSize()
    return this.#size.estimate(ownId, table.nearest(ownId, NEIGHBOURS))
  }

  /** The node has joined a network: those that waited for it begin. */
  joined(now: Micros): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const begin of waiting) begin(now)
  }

  stop(now: Micros): void {
    this.#isStopped = true
    for (const handle of [...this.#open]) handle.cancel(now)
  }

  /** A walk that was led astray says nothing of the network's size. */
  #learn({ ended, suspicious, target, closest }: LookupResult): void {
    if (ended !== 'closest' || suspicious) return
    this.#size ??= new NetworkSize()
    this.#size.learn(target, closest)
  }

  #guard(): Guard {
    return {
      size: () => this.networkSize(),
      walk: (now, request, seeds, done) => {
        const lookup = new Lookup(now, request, this.#parts, UNOBSERVED, done)
        lookup.begin(now, seeds)
        return lookup
      },
    }
  }
}

function delivered(result: LookupResult, { taken, refusal }: Delivered): LookupResult {
  return { ...result, announced: taken, ...(refusal === 0 ? {} : { refusal }) }
}

/** Who waits for the end of a walk alone. */
const UNOBSERVED: LookupObserver = { done: () => {} }

/** The result of a look-up that never began. */
function nothing({ target, explain }: LookupRequest, ended: LookupEnd): LookupResult {
  return {
    target,
    queries: 0,
    responses: 0,
    timeouts: 0,
    peers: 0,
    closest: [],
    elapsed: 0,
    announced: 0,
    ended,
    suspicious: false,
    ...(explain ? { walk: [] } : {}),
  }
}
