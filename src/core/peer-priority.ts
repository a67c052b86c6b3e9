import type { Address } from './address.ts'
import { writeUint16 } from './bytes.ts'
import { crc32c } from './crc32c.ts'

/** Bytes of an IP that always count in full: those of the widest network that is told apart, /16 or /48. */
const FULL_BYTES = { 4: 2, 6: 6 } as const
/** Of the other bytes every second bit counts. */
const SPARSE = 0x55
/** Where both masked IPs are put together. */
const MASKED = new Uint8Array(32)

/**
 * The canonical priority of a connection (BEP 40), the same on both sides: 32 bits without sign, the greater the better. The
 * nearer the two addresses are, the more of them counts; of one host the ports do. Both must be of one family.
 */
export function peerPriority(a: Address, b: Address): number {
  const { length } = a.bytes
  let shared = 0
  while (shared < length && a.bytes[shared] === b.bytes[shared]) shared += 1
  if (shared === length) {
    writeUint16(MASKED, 0, Math.min(a.port, b.port))
    writeUint16(MASKED, 2, Math.max(a.port, b.port))
    return crc32c(MASKED, 4)
  }
  // The first byte in which they differ is compared in full once all before it are shared.
  const full = FULL_BYTES[a.family]
  const whole = shared < full ? full : shared + 1
  const aFirst = isBefore(a.bytes, b.bytes, shared, whole)
  const [first, second] = aFirst ? [a.bytes, b.bytes] : [b.bytes, a.bytes]
  for (let i = 0; i < length; i++) {
    const mask = i < whole ? 0xff : SPARSE
    MASKED[i] = first[i]! & mask
    MASKED[length + i] = second[i]! & mask
  }
  return crc32c(MASKED, 2 * length)
}

/** Whether masked `a` sorts before masked `b`; they differ from byte `from` on, and bytes from `whole` on are masked. */
function isBefore(a: Uint8Array, b: Uint8Array, from: number, whole: number): boolean {
  for (let i = from; i < a.length; i++) {
    const mask = i < whole ? 0xff : SPARSE
    const difference = (a[i]! & mask) - (b[i]! & mask)
    if (difference !== 0) return difference < 0
  }
  return true
}
