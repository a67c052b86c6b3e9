/** What the door (`bencode.ts`) uses of the package; its published types say more, and some of it is wrong. */
declare module 'bencode' {
  const bencode: {
    /** Must only see input that a strict walk has accepted: `l-3:` exhausts the heap. */
    decode(bytes: Uint8Array): unknown
    encode(value: unknown): Uint8Array
  }
  export default bencode
}
