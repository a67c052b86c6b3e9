/** 160-bit identifiers (node ids, info-hashes, look-up targets) and their XOR metric (BEP 5, "Overview"). */
import type { Rng } from './rng.ts'

export const ID_LENGTH = 20

/** Twenty bytes. */
export type Id = Uint8Array

export function randomId(rng: Rng): Id {
  const id = new Uint8Array(ID_LENGTH)
  rng.fill(id)
  return id
}

/** Negative when `a` is nearer to `target` than `b`, positive when farther, 0 when equally near (equal ids). */
export function compareDistance(target: Id, a: Id, b: Id): number {
  for (let i = 0; i < ID_LENGTH; i++) {
    const wanted = target[i]!
    const difference = (a[i]! ^ wanted) - (b[i]! ^ wanted)
    if (difference !== 0) return difference
  }
  return 0
}

/** How many leading bits `a` and `b` share, 0 to 160. */
export function commonPrefix(a: Id, b: Id): number {
  for (let i = 0; i < ID_LENGTH; i++) {
    const difference = a[i]! ^ b[i]!
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24
  }
  return 8 * ID_LENGTH
}

/** A random id that shares at least the first `bits` bits of `prefix` (bucket refresh). */
export function randomIdWithPrefix(rng: Rng, prefix: Id, bits: number): Id {
  const id = randomId(rng)
  const whole = bits >> 3
  id.set(prefix.subarray(0, whole))
  const rest = bits & 7
  if (rest > 0) {
    const mask = (0xff << (8 - rest)) & 0xff
    id[whole] = (prefix[whole]! & mask) | (id[whole]! & ~mask)
  }
  return id
}
