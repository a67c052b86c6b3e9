import type { SharedNode } from '../../codec/compact.ts'
import type { HashSample } from '../../codec/hash-sample.ts'
import type { Item } from '../../codec/item.ts'

export interface AnswerFields {
  readonly nodes?: readonly SharedNode[] | undefined
  readonly nodes6?: readonly SharedNode[] | undefined
  readonly token?: Uint8Array
  /** Peers of the node's own family, in compact form. */
  readonly values?: Uint8Array
  readonly seedFilter?: Uint8Array
  readonly peerFilter?: Uint8Array
  readonly samples?: HashSample
  readonly item?: Item
  /** Of an item that is known to the asker. */
  readonly seq?: bigint
}

/** What a query is answered with; the node's own id, the echo of the transaction and so on are added by the outbox. */
export type Answer =
  | { readonly kind: 'response'; readonly fields: AnswerFields }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
