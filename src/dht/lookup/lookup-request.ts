import type { NodeInfo } from '../../codec/compact.ts'
import type { HashSample } from '../../codec/hash-sample.ts'
import type { Item } from '../../codec/item.ts'
import type { Address } from '../../core/address.ts'
import type { Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'
import type { Scraped } from '../answering/peer-store.ts'

export interface LookupRequest {
  readonly target: Id
  /** `peers`: get_peers; `nodes`: find_node; `samples`: sample_infohashes (BEP 51), of whom that may be asked; `item`: get (BEP 44). */
  readonly want: 'peers' | 'nodes' | 'samples' | 'item'
  /** That of a mutable item; absent: none. */
  readonly salt?: Uint8Array
  /** Brings this item to the nearest nodes at the end (BEP 44). */
  readonly put?: PutRequest
  /**
   * Announces to the nearest nodes at the end; `implied`: the port from which our datagrams are seen to come; `seeds`: that we have
   * everything (BEP 33).
   */
  readonly announce?: { readonly port: number; readonly implied: boolean; readonly seeds?: boolean }
  /** Asks how many there are, too (BEP 33). */
  readonly scrape?: boolean
  /** Keeps a log of whom it heard of and what became of them. */
  readonly explain?: boolean
  /** How long it may take. */
  readonly deadline?: Micros
  /** How many queries it may send. */
  readonly budget?: number
}

export interface PutRequest {
  readonly item: Item
  /** Only over this version, where there is one. */
  readonly cas?: bigint
  /** Nothing is sent when more than eight nodes, the eight nearest among them, hold the newest version (BEP 44, "Expiration"). */
  readonly ifScarce?: boolean
}

export interface LookupObserver {
  /** Each peer once. `from` is the node that named them, `undefined` our own store. */
  peers?(now: Micros, peers: readonly Address[], from: Address | undefined): void
  /** `from` has told some of the info-hashes that it keeps. */
  sampled?(now: Micros, from: Address, sample: HashSample): void
  /** An item, verified; perhaps again and again, each time a newer version. */
  item?(now: Micros, item: Item): void
  /** Somebody has answered, and only nodes that have been slow twice are still waited for; perhaps more than once. */
  lingering?(now: Micros): void
  /** Exactly once, the last call. */
  done(now: Micros, result: LookupResult): void
}

/** `found`: there is nothing more to be found; `refused`: too many look-ups were under way. */
export type LookupEnd = 'closest' | 'found' | 'budget' | 'deadline' | 'cancelled' | 'no-nodes' | 'refused'

/**
 * Why a node was not asked: there was no need, others of its IP were; it was farther than all that count; whoever named it may not (`scope`);
 * nobody can be there (`unusable`); it is this node (`self`); the id was named at too many addresses.
 */
export type Unasked = 'not-needed' | 'same-ip' | 'too-far' | 'scope' | 'unusable' | 'self' | 'same-id'

/** What became of one node that a look-up heard of. */
export interface WalkStep {
  readonly id: Id
  readonly address: Address
  /** Who named it first; `undefined`: our own table. */
  readonly namedBy: Address | undefined
  readonly outcome: 'answered' | 'silent' | 'error' | 'unasked'
  readonly why?: Unasked
  /** How often it was asked. */
  readonly queries: number
  /** From the first query to the answer. */
  readonly elapsed?: Micros
  /** How many nodes it named, and how many of those were new. */
  readonly named: number
  readonly fresh: number
  readonly peers: number
}

export interface LookupResult {
  readonly target: Id
  readonly queries: number
  readonly responses: number
  readonly timeouts: number
  /** Different peers found. */
  readonly peers: number
  /** At most eight nodes that answered, nearest first. */
  readonly closest: readonly NodeInfo[]
  readonly elapsed: Micros
  /** Nodes that took our announce, or our item. */
  readonly announced: number
  /** The KRPC error that most of those gave who refused it; absent: nobody did. */
  readonly refusal?: number
  /** The newest version found, and how many nodes hold it. */
  readonly item?: Item
  readonly copies?: number
  readonly ended: LookupEnd
  /** What was told of how many there are, when that was asked for. */
  readonly scraped?: Scraped
  /** What became of each node that it heard of, when that was asked for. */
  readonly walk?: readonly WalkStep[]
  /**
   * How far the nearest that answered lie from the target, as a share of what is to be expected in a network of this size, at most 1;
   * absent while the size is not known or fewer than eight answered.
   */
  readonly confidence?: number
  /** Nodes nearer and nearer were named without end, or those that answered are nearer than chance has it. */
  readonly suspicious: boolean
}

export interface LookupHandle {
  /** No further datagram leaves on its behalf; `done` is called with what there is. */
  cancel(now: Micros): void
}

/** A node that answered with a token (which may be used towards its address alone). */
export interface TokenHolder extends NodeInfo {
  readonly token: Uint8Array
  /** It holds some version of the item, or the newest. */
  readonly holds?: 'some' | 'newest'
}
