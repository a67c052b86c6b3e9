import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { DhtPolicies } from '../dht/dht-init.ts'
import type { DhtOptions } from '../dht/options.ts'
import type { SwarmOptions } from '../swarm/options.ts'
import type { SwarmPolicies } from '../swarm/swarm-policies.ts'

export interface NodePolicies extends DhtPolicies {
  /** The id of the node at `own` (a wildcard where that was bound); a saved one, else a random one by default. */
  readonly nodeId?: (own: Address) => Id
  /** What differs from the defaults of `DhtOptions`. */
  readonly options?: Partial<DhtOptions>
}

export interface TorrentPolicies extends SwarmPolicies {
  /** What differs from the defaults of `SwarmOptions`. */
  readonly options?: Partial<SwarmOptions>
}

/**
 * What a session's machines are made with in place of what they do by default: other answers to a query, another choice of
 * pieces or peers, other options. Not for the user: experiments compare by them, and liars are made of them.
 */
export interface SessionPolicies {
  readonly dht?: NodePolicies
  readonly swarm?: TorrentPolicies
}
