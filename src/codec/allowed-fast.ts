import type { Address } from '../core/address.ts'
import { readUint32 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'

/**
 * The pieces that the peer at `address` may be given while choked, in generation order: BEP 6, "Allowed Fast Set
 * Generation". The last octet is masked, so all hosts of a /24 have one set. None for IPv6, for which nothing is specified.
 */
export function allowedFastSet(
  sha1: (bytes: Uint8Array) => Uint8Array,
  infoHash: Id,
  address: Address,
  pieceCount: number,
  size: number,
): number[] {
  if (address.family !== 4 || pieceCount === 0) return []
  // Small torrents have fewer pieces than the set should: the walk would never end.
  const wanted = Math.min(size, pieceCount)
  const pieces = new Set<number>()
  let state = new Uint8Array(24)
  state.set(address.bytes.subarray(0, 3))
  state.set(infoHash, 4)
  while (pieces.size < wanted) {
    state = sha1(state) as typeof state
    for (let i = 0; i < 20 && pieces.size < wanted; i += 4) pieces.add(readUint32(state, i) % pieceCount)
  }
  return [...pieces]
}
