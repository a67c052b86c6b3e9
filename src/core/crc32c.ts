/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), of each value that a byte may have. */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

/** The CRC-32C of the first `length` of `bytes`, unsigned (check value of `123456789`: 0xe3069283). */
export function crc32c(bytes: Uint8Array, length: number = bytes.length): number {
  let crc = 0xffff_ffff
  for (let i = 0; i < length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
