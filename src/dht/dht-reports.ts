/** What a node tells of itself. */
import type { NodeInfo } from '../codec/compact.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { CallFailure } from './asking/querier.ts'
import type { DropReason } from './counters.ts'
import type { NetworkState } from './identity/network-state.ts'

export type PingOutcome =
  | { readonly ok: true; readonly id: Id; readonly rtt: Micros }
  | { readonly ok: false; readonly reason: CallFailure | 'refused' }

export interface DhtSnapshot {
  readonly id: Id
  /** All but bad ones, the most recently seen first. */
  readonly contacts: readonly NodeInfo[]
}

/** A node's table as it is: live, to be read only. */
export interface DhtTable {
  readonly id: Id
  /** Good or not. */
  readonly contacts: Iterable<NodeInfo>
  /** Those of them that others reach too, as far as we know. */
  readonly reachable: readonly NodeInfo[]
}

export interface DhtStats {
  /** Good contacts. */
  readonly nodes: number
  readonly queriesIn: number
  readonly queriesOut: number
  readonly responses: number
  readonly errors: number
  readonly timeouts: number
  /** Info-hashes and peers stored for others. */
  readonly hashes: number
  readonly peers: number
  /** Items stored for others (BEP 44). */
  readonly items: number
  readonly lookups: number
  readonly publications: number
  readonly network: NetworkState
  readonly dropped: ReadonlyMap<DropReason, number>
}
