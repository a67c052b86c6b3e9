import { copyBytes, EMPTY } from '../core/bytes.ts'
import type { Credit } from '../core/credit.ts'
import { seqDistance, seqPlus } from './sequence.ts'

/** Bytes that a remote may send ahead of what has been taken in. */
export const RECEIVE_WINDOW: number = 1024 * 1024
/** Packets that are kept ahead of a missing one; a power of two. */
const HORIZON = 1024
const MASK: number = HORIZON - 1

/** What became of a packet. */
export type Intake = 'in-order' | 'ahead' | 'twice' | 'refused'

/**
 * The receiving side: which packets have come, those that came ahead of a missing one, and what waits while nobody reads. What is kept
 * is drawn from a credit that all connections share, and what finds none is dropped, to be sent again.
 */
export class Receiving {
  /** All up to it have come. */
  ack: number
  /** What can be delivered now: the last that came may be lent, so it is delivered before the next packet is looked at. */
  readonly ready: Uint8Array[] = []
  readonly #credit: Credit
  /** Packets ahead, and a bit for each, by sequence number. */
  #slots: (Uint8Array | undefined)[] | undefined
  readonly #bits: Uint8Array = new Uint8Array(HORIZON / 8)
  #ahead = 0
  /** The last that is ahead. */
  #furthest = 0
  /** Bytes that are kept. */
  #held = 0
  #unread: Uint8Array[] = []
  #paused = false
  /** The last packet of the remote; -1: not known. */
  #last = -1

  constructor(ack: number, credit: Credit) {
    this.ack = ack
    this.#credit = credit
  }

  /** Bytes that may come beyond what has been acknowledged. */
  get window(): number {
    const own = RECEIVE_WINDOW - this.#held
    // What comes in order is passed on, and needs no memory unless nobody reads.
    return this.#paused ? Math.max(0, Math.min(own, this.#credit.limit - this.#credit.drawn)) : own
  }

  get hasGap(): boolean {
    return this.#ahead > 0
  }

  /** The remote will say no more, and all that it said has come. */
  get ended(): boolean {
    return this.#last === this.ack
  }

  get paused(): boolean {
    return this.#paused
  }

  /** A packet with `payload` has come, which is lent; `isLast`: after it there are none. */
  take(seq: number, payload: Uint8Array, isLast: boolean): Intake {
    const distance = seqDistance(seq, this.ack)
    if (distance <= 0) return 'twice'
    if (distance > HORIZON || (this.#last >= 0 && seqDistance(seq, this.#last) > 0)) return 'refused'
    if (distance === 1) {
      if (this.#paused && !this.#keep(payload.length)) return 'refused'
      if (isLast) this.#last = seq
      this.#deliver(payload)
      this.#advance()
      return 'in-order'
    }
    this.#slots ??= new Array<Uint8Array | undefined>(HORIZON).fill(undefined)
    if (this.#slots[seq & MASK] !== undefined) return 'twice'
    if (!this.#keep(payload.length)) return 'refused'
    if (isLast) this.#last = seq
    this.#slots[seq & MASK] = payload.length === 0 ? EMPTY : copyBytes(payload)
    this.#bits[(seq & MASK) >> 3]! |= 1 << (seq & 7)
    if (this.#ahead === 0 || seqDistance(seq, this.#furthest) > 0) this.#furthest = seq
    this.#ahead += 1
    return 'ahead'
  }

  /** `ready` was delivered. */
  delivered(): void {
    this.ready.length = 0
  }

  pause(): void {
    this.#paused = true
  }

  /** What waited is `ready`; whether there was any, so that the remote should hear of the room. */
  resume(): boolean {
    this.#paused = false
    const waited = this.#unread.length > 0
    for (const bytes of this.#unread) {
      this.#drop(bytes.length)
      this.ready.push(bytes)
    }
    this.#unread = []
    return waited
  }

  /** Gives back all that is kept. */
  clear(): void {
    this.#drop(this.#held)
    this.#unread = []
    this.#slots = undefined
    this.#ahead = 0
    this.ready.length = 0
  }

  /** Length of the mask of selective acknowledgement, in bytes: a multiple of 4; 0: all is in order. */
  get maskLength(): number {
    if (this.#ahead === 0) return 0
    return 4 * ((seqDistance(this.#furthest, this.ack) - 2 + 32) >> 5)
  }

  /** Bit 0 is the packet two after `ack`. */
  writeMask(into: Uint8Array, at: number, length: number): void {
    const first = seqPlus(this.ack, 2)
    const shift = first & 7
    for (let i = 0; i < length; i++) {
      const byte = ((first >> 3) + i) & (this.#bits.length - 1)
      const next = this.#bits[(byte + 1) & (this.#bits.length - 1)]!
      into[at + i] = ((this.#bits[byte]! | (next << 8)) >> shift) & 0xff
    }
  }

  #deliver(payload: Uint8Array): void {
    if (payload.length === 0) return
    if (this.#paused) this.#unread.push(copyBytes(payload))
    else this.ready.push(payload)
  }

  /** The next packet has come, and perhaps those that it was waited for with. */
  #advance(): void {
    this.ack = seqPlus(this.ack, 1)
    while (this.#ahead > 0) {
      const seq = seqPlus(this.ack, 1)
      const bytes = this.#slots![seq & MASK]
      if (bytes === undefined) return
      this.#slots![seq & MASK] = undefined
      this.#bits[(seq & MASK) >> 3]! &= ~(1 << (seq & 7))
      this.#ahead -= 1
      this.ack = seq
      if (bytes.length === 0) continue
      if (this.#paused) this.#unread.push(bytes)
      else {
        this.#drop(bytes.length)
        this.ready.push(bytes)
      }
    }
  }

  #keep(length: number): boolean {
    if (this.#held + length > RECEIVE_WINDOW || !this.#credit.fits(length)) return false
    this.#held += length
    this.#credit.draw(length)
    return true
  }

  #drop(length: number): void {
    this.#held -= length
    this.#credit.giveBack(length)
  }
}
