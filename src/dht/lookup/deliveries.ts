/** What look-ups bring to the nodes they end with. */
import { equalBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import type { Delivery } from './delivery-round.ts'
import type { LookupRequest, LookupResult, PutRequest, TokenHolder } from './lookup-request.ts'

/** Copies of an item that are enough, if the nearest nodes hold some of them (BEP 44, "Expiration"). */
const ENOUGH_COPIES = 8

/** That we are a peer of `infoHash` (BEP 5). */
export function announcement(infoHash: Id, announce: NonNullable<LookupRequest['announce']>): Delivery {
  const { port, implied: impliedPort, seeds: seed } = announce
  return {
    question: ({ token }) => ({ method: 'announce_peer', target: infoHash, token, port, impliedPort, seed }),
    renewal: { method: 'get_peers', target: infoHash },
  }
}

/** An item (BEP 44); `cas` goes to those alone that hold a version of it. */
export function itemDelivery(target: Id, { item, cas }: PutRequest): Delivery {
  return {
    question: ({ token, holds }) => ({
      method: 'put',
      token,
      item,
      cas: holds === undefined ? undefined : cas,
    }),
    renewal: { method: 'get', target },
  }
}

/** Whether the network holds a version that `put` may not replace. */
export function isOutdated({ item }: PutRequest, { item: found }: LookupResult): boolean {
  if (item.signed === undefined || found?.signed === undefined) return false
  const { seq } = item.signed
  return found.signed.seq > seq || (found.signed.seq === seq && !equalBytes(found.value, item.value))
}

/** Whether an item is held often enough, and near enough to its target, to be left alone. */
export function isPlentiful({ copies = 0 }: LookupResult, nearest: readonly TokenHolder[]): boolean {
  return copies > ENOUGH_COPIES && nearest.every(({ holds }) => holds === 'newest')
}
