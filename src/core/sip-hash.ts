/** Bytes of a key of `SipHash`. */
export const SIP_KEY_LENGTH = 16

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits for short inputs, which nobody computes or extends without the
 * key. The words of 64 bits are pairs of 32; here because a call of the host's HMAC costs ten times as much and leaves an
 * object that the collector must see twice.
 */
export class SipHash {
  /** Low and high halves of both words of the key. */
  readonly #key: Int32Array

  constructor(key: Uint8Array) {
    this.#key = Int32Array.from([0, 4, 8, 12], (at) => wordAt(key, at, key.length))
  }

  /** Writes the eight bytes of the hash of `bytes` to `into` at `at`. */
  write(bytes: Uint8Array, into: Uint8Array, at: number): void {
    const { length } = bytes
    const [k0, k1, k2, k3] = this.#key as unknown as readonly [number, number, number, number]
    let al = k0 ^ 0x70736575
    let ah = k1 ^ 0x736f6d65
    let bl = k2 ^ 0x6e646f6d
    let bh = k3 ^ 0x646f7261
    let cl = k0 ^ 0x6e657261
    let ch = k1 ^ 0x6c796765
    let dl = k2 ^ 0x79746573
    let dh = k3 ^ 0x74656462
    // The last word but one carries the length in its highest byte; the last is none, but twice the rounds.
    const last = length - (length & 7)
    for (let word = 0; word <= last + 8; word += 8) {
      const isEnd = word > last
      const low = isEnd ? 0 : wordAt(bytes, word, length)
      let high = isEnd ? 0 : wordAt(bytes, word + 4, length)
      if (word === last) high |= length << 24
      if (isEnd) cl ^= 0xff
      dl ^= low
      dh ^= high
      for (let round = isEnd ? 4 : 2; round > 0; round--) {
        let sum = (al + bl) | 0
        ah = (ah + bh + carry(al, bl, sum)) | 0
        al = sum
        sum = (cl + dl) | 0
        ch = (ch + dh + carry(cl, dl, sum)) | 0
        cl = sum
        let kept = bl
        bl = ((bl << 13) | (bh >>> 19)) ^ al
        bh = ((bh << 13) | (kept >>> 19)) ^ ah
        kept = dl
        dl = ((dl << 16) | (dh >>> 16)) ^ cl
        dh = ((dh << 16) | (kept >>> 16)) ^ ch
        kept = al
        al = ah
        ah = kept
        sum = (cl + bl) | 0
        ch = (ch + bh + carry(cl, bl, sum)) | 0
        cl = sum
        sum = (al + dl) | 0
        ah = (ah + dh + carry(al, dl, sum)) | 0
        al = sum
        kept = bl
        bl = ((bl << 17) | (bh >>> 15)) ^ cl
        bh = ((bh << 17) | (kept >>> 15)) ^ ch
        kept = dl
        dl = ((dl << 21) | (dh >>> 11)) ^ al
        dh = ((dh << 21) | (kept >>> 11)) ^ ah
        kept = cl
        cl = ch
        ch = kept
      }
      al ^= low
      ah ^= high
    }
    putWord(into, at, al ^ bl ^ cl ^ dl)
    putWord(into, at + 4, ah ^ bh ^ ch ^ dh)
  }
}

/** Of the sum of two words, what goes on to the next ones. */
function carry(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31
}

/** Little-endian; bytes from `end` on are zeros. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) {
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }
  let word = 0
  for (let i = at; i < end; i++) word |= bytes[i]! << (8 * (i - at))
  return word
}

function putWord(into: Uint8Array, at: number, word: number): void {
  into[at] = word
  into[at + 1] = word >>> 8
  into[at + 2] = word >>> 16
  into[at + 3] = word >>> 24
}
