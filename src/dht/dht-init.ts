import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import type { Responder, ResponderParts } from './answering/responder.ts'
import type { DatagramSink } from './asking/outbox.ts'
import type { NetworkState } from './identity/network-state.ts'
import type { Sister } from './identity/sister.ts'
import type { DhtOptions } from './options.ts'
import type { Contact } from './table/contact.ts'

export type DhtEvent =
  /** The node knows its neighbourhood; `nodes` good contacts, 0 when it was given nowhere to go. */
  | { readonly kind: 'ready'; readonly nodes: number }
  /** Entry points and saved contacts do not answer; they are asked again. */
  | { readonly kind: 'no-nodes' }
  /** What is known of the network around it is something else than before. */
  | { readonly kind: 'network'; readonly state: NetworkState }
  /** The node has another id, which fits its IP (BEP 42). */
  | { readonly kind: 'node-id'; readonly id: Id }

export interface DhtEffects extends DatagramSink {
  event(event: DhtEvent): void
}

export interface DhtCrypto {
  sha1(bytes: Uint8Array): Uint8Array
  /** Ed25519; false for the keys by which everything seems signed. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
}

/**
 * What a node begins with when somebody vouches for it (another process that ran the node until now, an oracle): contacts that
 * count as good, each by how long ago it was heard of. Nothing is asked of them first, unlike saved contacts.
 */
export interface Handover {
  readonly id: Id
  readonly contacts: readonly Contact[]
  /** Per contact, in microseconds. */
  readonly ages: ArrayLike<Micros>
  /** Per contact, how long answers take, where that is known. */
  readonly roundTrips?: ArrayLike<Micros>
}

export interface DhtPolicies {
  /** What queries are answered with. */
  readonly responder?: (parts: ResponderParts) => Responder
}

export interface DhtInit {
  readonly now: Micros
  readonly family: 4 | 6
  /** What it begins with. */
  readonly id: Id
  /** The ids of our other nodes, which a new one is to part from (BEP 45); absent: the node keeps its id wherever it is. */
  readonly others?: (() => readonly Id[]) | undefined
  /** Our node of the other family (BEP 32). */
  readonly sister?: (() => Sister | undefined) | undefined
  /** Where others reach us, when that is known from the start: the socket's address, unless it is a wildcard. */
  readonly ownAddress?: Address
  readonly effects: DhtEffects
  /** For tokens and transaction ids. */
  readonly secret: Rng
  /** For everything else. */
  readonly dice: Rng
  readonly crypto: DhtCrypto
  readonly options?: Partial<DhtOptions>
  readonly policies?: DhtPolicies
}
