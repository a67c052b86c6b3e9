import type { NodeInfo } from '../codec/compact.ts'
import type { Id } from '../core/id.ts'
import { SparseMap } from '../core/sparse-map.ts'
import { SparseSet } from '../core/sparse-set.ts'
import type { Micros } from '../core/time.ts'
import { AnnounceRound } from './announce-round.ts'
import { Lookup, type LookupParts } from './lookup.ts'
import type {
  LookupEnd,
  LookupHandle,
  LookupObserver,
  LookupRequest,
  LookupResult,
} from './lookup-request.ts'
import type { PeerStore } from './peer-store.ts'
import type { RoutingTable } from './routing-table.ts'

export interface LookupsParts extends LookupParts {
  readonly table: RoutingTable
  readonly store: PeerStore
}

/** More than a walk ever needs to start from, so that some of them may be dead. */
const SEEDS = 16
/** Peers of our own store that a look-up reports. */
const OWN_PEERS = 200

/** The look-ups under way, and those that wait until the node has joined a network. */
export class Lookups {
  readonly #parts: LookupsParts
  readonly #open = new SparseSet<LookupHandle>()
  readonly #waiting = new SparseMap<LookupHandle, (now: Micros) => void>()

  #isStopped = false

  constructor(parts: LookupsParts) {
    this.#parts = parts
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
    const lookup = new Lookup(now, request, this.#parts, observer, (at, result, holders) => {
      if (request.announce === undefined || result.ended === 'cancelled') {
        done(at, result)
        return
      }
      const round = new AnnounceRound(
        this.#parts.querier,
        request.target,
        request.announce,
        (end, announced) => done(end, { ...result, announced }),
      )
      stage = round
      round.begin(at, holders)
    })
    stage = lookup
    this.#open.add(handle)
    if (request.want === 'peers') {
      // In a network of a few nodes we may be the only one that a peer has announced itself to.
      lookup.report(now, this.#parts.store.sample(now, request.target, OWN_PEERS, undefined), undefined)
    }
    const begin = (at: Micros): void => lookup.begin(at, this.#parts.table.nearest(request.target, SEEDS))
    if (isJoined) begin(now)
    else this.#waiting.set(handle, begin)
    return handle
  }

  /** A walk of the node's own towards `target`, from `seeds`. */
  walk(now: Micros, target: Id, seeds: readonly NodeInfo[], observer: LookupObserver): Lookup {
    const lookup = new Lookup(now, { target, want: 'nodes' }, this.#parts, observer, (at, result) => {
      this.#open.delete(lookup)
      observer.done(at, result)
    })
    this.#open.add(lookup)
    lookup.begin(now, [...seeds, ...this.#parts.table.nearest(target, SEEDS)])
    return lookup
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
}

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
