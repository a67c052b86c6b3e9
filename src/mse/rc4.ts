/**
 * The RC4 cipher (RFC 6229 has its vectors), a stream of bytes that what is said is mixed with; the same mixes it out again. It hides the form
 * of a conversation from whoever looks on, and is no secret-keeper: for nothing but message stream encryption.
 */
export class Rc4 {
  readonly #state = new Uint8Array(256)
  #i = 0
  #j = 0

  /** `key`: 1 to 256 bytes. The first `drop` bytes of the stream, which tell most of the key, are thrown away. */
  constructor(key: Uint8Array, drop = 0) {
    const state = this.#state
    for (let i = 0; i < 256; i++) state[i] = i
    for (let i = 0, j = 0; i < 256; i++) {
      const a = state[i]!
      j = (j + a + key[i % key.length]!) & 255
      state[i] = state[j]!
      state[j] = a
    }
    const dropped = new Uint8Array(drop)
    this.crypt(dropped, dropped)
  }

  /**
   * Mixes `from` with the next of the stream, and writes that into `into` from `at` on; both may be the same. Eight bytes a turn: 540 MB/s,
   * where one a turn takes twice as long.
   */
  crypt(from: Uint8Array, into: Uint8Array, at = 0): void {
    const state = this.#state
    const { length } = from
    let i = this.#i
    let j = this.#j
    let a: number
    let b: number
    let k = 0
    for (let to = at; k + 8 <= length; k += 8, to += 8) {
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to] = from[k]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 1] = from[k + 1]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 2] = from[k + 2]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 3] = from[k + 3]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 4] = from[k + 4]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 5] = from[k + 5]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 6] = from[k + 6]! ^ state[(a + b) & 255]!
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[to + 7] = from[k + 7]! ^ state[(a + b) & 255]!
    }
    for (; k < length; k++) {
      i = (i + 1) & 255
      a = state[i]!
      j = (j + a) & 255
      b = state[j]!
      state[i] = b
      state[j] = a
      into[at + k] = from[k]! ^ state[(a + b) & 255]!
    }
    this.#i = i
    this.#j = j
  }
}
