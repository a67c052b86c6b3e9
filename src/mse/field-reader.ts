import { equalBytes } from '../core/bytes.ts'

/** Cuts the bytes of a handshake into its fields as they come. No more is taken than a field needs, nor kept than one. */
export class FieldReader {
  readonly #bytes: Uint8Array
  #length = 0
  #needed = 0
  #then: ((field: Uint8Array) => void) | undefined

  /** `longest`: bytes of the longest field, or of what is passed over and the mark at its end. */
  constructor(longest: number) {
    this.#bytes = new Uint8Array(longest)
  }

  /** The next field has `length` bytes; they are lent to `then`, which says what follows. */
  expect(length: number, then: (field: Uint8Array) => void): void {
    this.#length = 0
    this.#needed = length
    this.#then = then
    if (length === 0) then(this.#bytes.subarray(0, 0))
  }

  /** Up to `most` bytes are passed over, then comes `mark`; else `absent`. */
  seek(mark: Uint8Array, most: number, found: () => void, absent: () => void): void {
    const look = (bytes: Uint8Array): void => {
      if (equalBytes(bytes.subarray(bytes.length - mark.length), mark)) found()
      else if (bytes.length === most + mark.length) absent()
      else this.#needed += 1
    }
    this.expect(mark.length, look)
  }

  /** No more fields. */
  stop(): void {
    this.#then = undefined
  }

  /** Takes `chunk` from `at` on; returns where it stopped, before the end only after `stop`. */
  push(chunk: Uint8Array, at: number): number {
    let from = at
    while (from < chunk.length && this.#then !== undefined) {
      const to = Math.min(chunk.length, from + this.#needed - this.#length)
      this.#bytes.set(chunk.subarray(from, to), this.#length)
      this.#length += to - from
      from = to
      if (this.#length === this.#needed) this.#then(this.#bytes.subarray(0, this.#length))
    }
    return from
  }
}
