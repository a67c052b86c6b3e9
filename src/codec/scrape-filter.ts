/** The Bloom filters by which a node tells how many have announced themselves for an info-hash (BEP 33). */

/** Bytes of a filter. */
export const FILTER_LENGTH = 256
const BITS = 8 * FILTER_LENGTH

/** Where an address falls in a filter: its two bits (BEP 33, "Bloom filter"). */
export interface FilterPlace {
  readonly first: number
  readonly second: number
}

/** The place of an IP of 4 or 16 bytes, of which `hash` is the SHA-1. */
export function placeOf(hash: Uint8Array): FilterPlace {
  return { first: bitAt(hash, 0), second: bitAt(hash, 2) }
}

export function mark(filter: Uint8Array, { first, second }: FilterPlace): void {
  filter[first >> 3]! |= 1 << (first & 7)
  filter[second >> 3]! |= 1 << (second & 7)
}

function bitAt(hash: Uint8Array, at: number): number {
  return (hash[at]! | (hash[at + 1]! << 8)) & (BITS - 1)
}

export function hasPlace(filter: Uint8Array, { first, second }: FilterPlace): boolean {
  return (
    (filter[first >> 3]! & (1 << (first & 7))) !== 0 && (filter[second >> 3]! & (1 << (second & 7))) !== 0
  )
}

/** Adds to `filter` all that `other` holds. */
export function join(filter: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < FILTER_LENGTH; i++) filter[i]! |= other[i]!
}
