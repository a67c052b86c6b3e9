const SLAB_LENGTH = 65_536

/**
 * Room for outgoing bytes, cut from slabs. A slab is never used twice: the kernel may take the bytes long after the call, and
 * the collector alone knows when the last send of a slab is over (a slab costs 2.5 us, a message 0.1 us).
 */
export class SendRoom {
  #slab: Buffer = Buffer.alloc(0)
  #at = 0

  reserve(length: number): Buffer {
    if (length > SLAB_LENGTH / 4) return Buffer.allocUnsafeSlow(length)
    if (this.#at + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_LENGTH)
      this.#at = 0
    }
    this.#at += length
    return this.#slab.subarray(this.#at - length, this.#at)
  }
}
