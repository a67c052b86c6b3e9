import { Bitfield } from '../core/bitfield.ts'
import { EMPTY } from '../core/bytes.ts'

const FIRST_BYTES = 64

/**
 * Which pieces the remote has. Until the piece count is known its claims are kept as they came (BEP 3 bitfield and have,
 * BEP 6 have-all and have-none, BEP 54), bounded by `maxPieces`; then they are checked against the count.
 */
export class RemotePieces {
  readonly #maxPieces: number
  #known: Bitfield | undefined
  /** Before the count is known: pieces of which the claims differ from `#all`. */
  #raw: Uint8Array = EMPTY
  /** The length of a bitfield message in bytes, -1 while none came. */
  #claimedLength = -1
  #all = false

  constructor(maxPieces: number, pieceCount: number | undefined) {
    this.#maxPieces = maxPieces
    if (pieceCount !== undefined) this.#known = new Bitfield(pieceCount)
  }

  /** `undefined` until the piece count is known. */
  get known(): Bitfield | undefined {
    return this.#known
  }

  /** Whether a bitfield message may have this many payload bytes. */
  fits(length: number): boolean {
    return this.#known ? length === this.#known.bytes.length : length <= Math.ceil(this.#maxPieces / 8)
  }

  /** Replaces the set by that of a bitfield message of which `fits` was true. */
  replace(bytes: Uint8Array): void {
    if (this.#known) this.#known = Bitfield.fromWire(bytes, this.#known.length)
    else {
      this.#raw = bytes.slice()
      this.#claimedLength = bytes.length
      this.#all = false
    }
  }

  /** Replaces the set by everything or nothing. */
  replaceByAll(all: boolean): void {
    if (this.#known) {
      this.#known = new Bitfield(this.#known.length)
      if (all) this.#known.fill()
    } else {
      this.#raw = EMPTY
      this.#claimedLength = -1
      this.#all = all
    }
  }

  /** Adds one piece. `kept`: noted for later, or beyond what is kept before the count is known. */
  add(piece: number): 'new' | 'old' | 'kept' | 'outside' {
    if (this.#known) {
      if (piece >= this.#known.length) return 'outside'
      return this.#known.add(piece) ? 'new' : 'old'
    }
    this.#keep(piece, true)
    return 'kept'
  }

  /** Takes one piece away. `old`: it was not there; else as `add`. */
  remove(piece: number): 'new' | 'old' | 'kept' | 'outside' {
    if (this.#known) {
      if (piece >= this.#known.length) return 'outside'
      return this.#known.remove(piece) ? 'new' : 'old'
    }
    this.#keep(piece, false)
    return 'kept'
  }

  /** Checks what was claimed against the count; false when it does not fit, and the set is empty then. */
  countKnown(pieceCount: number): boolean {
    const bytes = Math.ceil(pieceCount / 8)
    const raw = this.#raw
    this.#raw = EMPTY
    this.#known = new Bitfield(pieceCount)
    if (this.#all) this.#known.fill()
    const honest =
      (this.#claimedLength === -1 || this.#claimedLength === bytes) &&
      raw.subarray(bytes).every((byte) => byte === 0)
    if (!honest) return false
    if (raw.length > 0) {
      const fitted = new Uint8Array(bytes)
      fitted.set(raw.subarray(0, bytes))
      if (this.#all) for (let i = 0; i < bytes; i++) fitted[i]! ^= 0xff
      this.#known = Bitfield.fromWire(fitted, pieceCount)
    }
    return true
  }

  #keep(piece: number, has: boolean): void {
    if (piece >= this.#maxPieces) return
    const byte = piece >> 3
    const bit = 0x80 >> (piece & 7)
    const differs = has !== this.#all
    if (byte >= this.#raw.length) {
      if (!differs) return
      const limit = Math.ceil(this.#maxPieces / 8)
      const grown = new Uint8Array(Math.min(limit, Math.max(FIRST_BYTES, 2 * (byte + 1))))
      grown.set(this.#raw)
      this.#raw = grown
    }
    if (differs) this.#raw[byte]! |= bit
    else this.#raw[byte]! &= ~bit
  }
}
