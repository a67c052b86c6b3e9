/** Ids that follow from an IP (BEP 42), so that who wants many of them needs many IPs. */
import type { Address } from './address.ts'
import { readUint32, writeUint32 } from './bytes.ts'
import { crc32c } from './crc32c.ts'
import { commonPrefix, ID_LENGTH, type Id, randomId } from './id.ts'
import type { Rng } from './rng.ts'

/** The bits of an IP that count: the narrower a network, the fewer ids it has. Of IPv6 the upper half. */
const MASKS = {
  4: Uint8Array.of(0x03, 0x0f, 0x3f, 0xff),
  6: Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff),
} as const
/** So many leading bits of the id are those of the checksum. */
const BOUND_BITS = 21
const BOUND = (-1 << (32 - BOUND_BITS)) >>> 0
/** An IP has so many beginnings of ids, by the low bits of an id's last byte. */
const BEGINNINGS = 8
const MASKED = new Uint8Array(8)

/** Whether `id` may belong to a node at `address`. In scopes narrower than the global one every id may (BEP 42 exempts them). */
export function isCompliant(id: Id, address: Address): boolean {
  return (
    address.scope !== 'global' || ((readUint32(id, 0) ^ beginning(address, id[ID_LENGTH - 1]!)) & BOUND) === 0
  )
}

/**
 * A new id for a node at `address` (`undefined`: nobody knows it yet); a random one where none is asked for. Of those that are
 * possible it takes one that parts early from `others`, the ids of our other nodes (BEP 45).
 */
export function nodeIdFor(address: Address | undefined, rng: Rng, others: readonly Id[] = []): Id {
  let best: Id | undefined
  let least = 8 * ID_LENGTH + 1
  const first = rng.u32() % BEGINNINGS
  for (let i = 0; i < BEGINNINGS && least > 0; i++) {
    const id = randomId(rng)
    if (address?.scope === 'global') bind(id, address, (first + i) % BEGINNINGS)
    const shared = others.reduce((most, other) => Math.max(most, commonPrefix(id, other)), 0)
    if (shared >= least) continue
    best = id
    least = shared
  }
  return best!
}

/** Makes `id` one of `address`, among those whose beginning is the `which`-th. */
function bind(id: Id, address: Address, which: number): void {
  const last = id[ID_LENGTH - 1]!
  id[ID_LENGTH - 1] = (last & ~(BEGINNINGS - 1)) | which
  const bound = beginning(address, which) & BOUND
  writeUint32(id, 0, (bound | (readUint32(id, 0) & ~BOUND)) >>> 0)
}

/** The checksum whose first bits an id begins with that ends in `last`. */
function beginning({ bytes, family }: Address, last: number): number {
  const mask = MASKS[family]
  for (let i = 0; i < mask.length; i++) MASKED[i] = bytes[i]! & mask[i]!
  MASKED[0]! |= (last & (BEGINNINGS - 1)) << 5
  return crc32c(MASKED, mask.length)
}
