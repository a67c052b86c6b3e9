import type { NodeInfo } from '../../codec/compact.ts'
import type { SharedNode } from '../../codec/shared-nodes.ts'
import type { Address } from '../../core/address.ts'
import type { Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'

/** The node of the other family on the same machine (BEP 32): each names the other's contacts, and helps it in. */
export interface Sister {
  /** It looks for a way in; now and then only, if there seems to be none. */
  seeks(now: Micros): boolean
  /** Its nearest good contacts that may be named to `asker`. */
  nearest(now: Micros, target: Id, asker: Address): readonly SharedNode[]
  /** Nodes of its family that `from` has named. */
  hint(now: Micros, from: Address, nodes: readonly NodeInfo[]): void
}
