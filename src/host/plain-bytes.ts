/**
 * The same memory as a plain `Uint8Array`. No `Buffer` leaves the host: its `slice` shares memory where that of a `Uint8Array`
 * copies, so code that copies what it was lent would silently keep what is overwritten next.
 */
export function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
