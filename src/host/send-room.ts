import { plainBytes } from './plain-bytes.ts'

const SLAB_LENGTH = 65_536
/** Rooms of a slab's length that are kept for use again. */
const MOST_FREE = 32

/**
 * Room for outgoing bytes. What is short is cut from slabs, which are never used twice: the kernel may take the bytes long after the call, and
 * the collector alone knows when the last send of a slab is over (a slab costs 2.5 us, a message 0.1 us). What is longer than half a slab
 * has one to itself, and is given back once it has left: encrypted payload comes in such rooms, and 64 KiB that are new cost 25 us, most of it for
 * the pages.
 */
export class SendRoom {
  #slab: Buffer = Buffer.alloc(0)
  #at = 0
  readonly #free: Uint8Array[] = []

  /** Whether a room of this length is to be given back. */
  static keeps(length: number): boolean {
    return length > SLAB_LENGTH / 2 && length <= SLAB_LENGTH
  }

  reserve(length: number): Uint8Array {
    if (SendRoom.keeps(length)) {
      const room = this.#free.pop() ?? plainBytes(Buffer.allocUnsafeSlow(SLAB_LENGTH))
      return room.length === length ? room : room.subarray(0, length)
    }
    if (length > SLAB_LENGTH / 4) return plainBytes(Buffer.allocUnsafeSlow(length))
    if (this.#at + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_LENGTH)
      this.#at = 0
    }
    this.#at += length
    return this.#slab.subarray(this.#at - length, this.#at)
  }

  /** The kernel has taken what is in `room`, one that `keeps` says is to be given back. */
  giveBack(room: Uint8Array): void {
    if (this.#free.length < MOST_FREE) this.#free.push(new Uint8Array(room.buffer))
  }
}
