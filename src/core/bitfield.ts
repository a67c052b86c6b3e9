/** A fixed-length set of piece indices in the wire's bit order (BEP 3: bit 7 of byte 0 is piece 0), with its count kept. */
export class Bitfield {
  readonly length: number
  readonly bytes: Uint8Array
  #count = 0

  constructor(length: number) {
    this.length = length
    this.bytes = new Uint8Array(Math.ceil(length / 8))
  }

  /** All of `length` pieces. */
  static all(length: number): Bitfield {
    const field = new Bitfield(length)
    field.fill()
    return field
  }

  /** A copy of wire bytes with the spare bits cleared; `undefined` when the byte length does not fit `length` pieces. */
  static fromWire(bytes: Uint8Array, length: number): Bitfield | undefined {
    if (bytes.length !== Math.ceil(length / 8)) return undefined
    const field = new Bitfield(length)
    field.bytes.set(bytes)
    const spare = 8 * bytes.length - length
    if (spare > 0) field.bytes[bytes.length - 1]! &= (0xff << spare) & 0xff
    let count = 0
    for (let byte of field.bytes) for (; byte !== 0; byte &= byte - 1) count += 1
    field.#count = count
    return field
  }

  get count(): number {
    return this.#count
  }

  get full(): boolean {
    return this.#count === this.length
  }

  has(index: number): boolean {
    return (this.bytes[index >> 3]! & (0x80 >> (index & 7))) !== 0
  }

  /** Adds `index`; false when it was there or lies outside. */
  add(index: number): boolean {
    if (index < 0 || index >= this.length || this.has(index)) return false
    this.bytes[index >> 3]! |= 0x80 >> (index & 7)
    this.#count += 1
    return true
  }

  /** Removes `index`; false when it was not there. */
  remove(index: number): boolean {
    if (index < 0 || index >= this.length || !this.has(index)) return false
    this.bytes[index >> 3]! &= ~(0x80 >> (index & 7))
    this.#count -= 1
    return true
  }

  fill(): void {
    this.bytes.fill(0xff)
    const spare = 8 * this.bytes.length - this.length
    if (spare > 0) this.bytes[this.bytes.length - 1] = (0xff << spare) & 0xff
    this.#count = this.length
  }

  clear(): void {
    this.bytes.fill(0)
    this.#count = 0
  }
}
