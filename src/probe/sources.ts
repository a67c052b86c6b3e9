import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'

/**
 * The places that datagrams are sent from, each a socket of its own. `other` has another IP, where the machine has one to
 * offer; `friend` answers like a node; `reader` sends nothing but read-only queries; the rest share their IP with `main`.
 */
export const SOURCE_NAMES = ['main', 'port', 'other', 'friend', 'reader', 'crowd'] as const
export type SourceName = (typeof SOURCE_NAMES)[number]

/** What is known of a source. */
export interface SourceNotes {
  readonly id: Id
  /** As it is bound. */
  readonly address: Address
  /** As the node under test calls it, by `ip`. */
  seen: Address | undefined
  /** Queries that the node under test has sent to it. */
  asked: number
  /** It has answered one of them. */
  answered: boolean
}
