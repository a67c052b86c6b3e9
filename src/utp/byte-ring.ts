import { EMPTY } from '../core/bytes.ts'

const SMALLEST = 4_096
/** What is empty gives back more than this. */
const KEPT = 65_536

/** Bytes of a stream from the first that may be asked for again to the last that was written, found by their place in the stream. */
export class ByteRing {
  /** Its length is a power of two, or 0. */
  #bytes: Uint8Array = EMPTY
  /** Where the first byte lies. */
  #head = 0
  #length = 0
  /** Place in the stream of the first byte. */
  #begin = 0
  /** Room that was handed out where the ring goes round: the last bytes, to be copied in. */
  #apart: Uint8Array | undefined

  /** Place in the stream behind the last byte. */
  get end(): number {
    return this.#begin + this.#length
  }

  /** Bytes that are held. */
  get length(): number {
    return this.#length
  }

  /** Room for `length` bytes at the end, to be filled before the next call. */
  reserve(length: number): Uint8Array {
    this.#takeIn()
    this.#makeRoom(length)
    const at = (this.#head + this.#length) & (this.#bytes.length - 1)
    this.#length += length
    if (at + length <= this.#bytes.length) return this.#bytes.subarray(at, at + length)
    this.#apart = new Uint8Array(length)
    return this.#apart
  }

  append(view: Uint8Array): void {
    this.#takeIn()
    this.#makeRoom(view.length)
    this.#length += view.length
    this.#put(this.end - view.length, view)
  }

  /** Writes `length` bytes from `place` in the stream to `into` at `at`. */
  copy(place: number, length: number, into: Uint8Array, at: number): void {
    this.#takeIn()
    const from = (this.#head + place - this.#begin) & (this.#bytes.length - 1)
    const first = Math.min(length, this.#bytes.length - from)
    into.set(this.#bytes.subarray(from, from + first), at)
    if (first < length) into.set(this.#bytes.subarray(0, length - first), at + first)
  }

  /** What lies before `place` is not needed any more. */
  release(place: number): void {
    this.#takeIn()
    const bytes = place - this.#begin
    this.#begin = place
    this.#length -= bytes
    if (this.#length === 0) {
      this.#head = 0
      if (this.#bytes.length > KEPT) this.#bytes = EMPTY
    } else this.#head = (this.#head + bytes) & (this.#bytes.length - 1)
  }

  /** Forgets what lies from `place` on. */
  cut(place: number): void {
    this.#takeIn()
    this.#length = place - this.#begin
  }

  #takeIn(): void {
    const apart = this.#apart
    if (apart === undefined) return
    this.#apart = undefined
    this.#put(this.end - apart.length, apart)
  }

  #put(place: number, view: Uint8Array): void {
    const at = (this.#head + place - this.#begin) & (this.#bytes.length - 1)
    const first = Math.min(view.length, this.#bytes.length - at)
    this.#bytes.set(first === view.length ? view : view.subarray(0, first), at)
    if (first < view.length) this.#bytes.set(view.subarray(first), 0)
  }

  #makeRoom(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#bytes.length) return
    let size = Math.max(SMALLEST, this.#bytes.length)
    while (size < needed) size *= 2
    const grown = new Uint8Array(size)
    this.copy(this.#begin, this.#length, grown, 0)
    this.#bytes = grown
    this.#head = 0
  }
}
