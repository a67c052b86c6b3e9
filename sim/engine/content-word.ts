/** Bytes that are looked at, at most. */
const SAMPLES = 16

/**
 * What stands for some bytes in an event's value: their length modulo 2^16, and above it a checksum of a few of them. Which
 * ones depends on `salt` (the time, say), so that over many datagrams every place is looked at.
 */
export function contentWord(bytes: Uint8Array, salt: number): number {
  const { length } = bytes
  const stride = Math.ceil(length / SAMPLES)
  let checksum = 0x811c9dc5
  for (let i = (salt & 0xff) % stride; i < length; i += stride)
    checksum = Math.imul(checksum ^ bytes[i]!, 0x01000193)
  return ((checksum & 0xffff_0000) | (length & 0xffff)) >>> 0
}
