import type { Address } from '../../src/core/address.ts'
import type { NatBox } from './nat-box.ts'
import type { Site } from './site.ts'
import type { Socket } from './socket.ts'

/** What fits an Ethernet frame: longer datagrams are not pooled. */
const ROOM = 1_472
/** Parcels kept of each length. */
const POOL_LIMIT = 16_384
/** What a machine that kept a lent datagram finds in it. */
const POISON = 0xdb

/** A datagram on its way, pooled with its memory. */
export interface Parcel {
  readonly bytes: Uint8Array
  /** Whose machine sent it. */
  origin: Site
  /** The sender as it is seen where the parcel is, and the target as it is called there. */
  from: Address
  to: Address
  /** The box that it is on its way to; else it is on its way to `socket`. */
  box: NatBox | undefined
  socket: Socket | undefined
}

/**
 * Datagrams are written into one room that all machines share, so it stays in the processor's cache, and copied once into
 * memory of their length. That is pooled by length with its view: nothing is allocated per datagram, and what is in flight
 * lies close together.
 */
export class ParcelPool {
  readonly #pools: Parcel[][] = Array.from({ length: ROOM + 1 }, () => [])
  #room: Uint8Array = new Uint8Array(ROOM)
  #view: Uint8Array = this.#room
  /** Whether somebody writes in the room. */
  #taken = false

  reserve(length: number): Uint8Array {
    if (length > ROOM) return new Uint8Array(length)
    if (this.#taken) this.#room = new Uint8Array(ROOM)
    if (this.#taken || this.#view.length !== length) this.#view = this.#room.subarray(0, length)
    this.#taken = true
    return this.#view
  }

  pack(origin: Site, from: Address, to: Address, datagram: Uint8Array): Parcel {
    if (datagram.buffer === this.#room.buffer) this.#taken = false
    const { length } = datagram
    const pooled = length <= ROOM ? this.#pools[length]!.pop() : undefined
    if (pooled === undefined) {
      return { bytes: datagram.slice(), origin, from, to, box: undefined, socket: undefined }
    }
    pooled.bytes.set(datagram)
    pooled.origin = origin
    pooled.from = from
    pooled.to = to
    return pooled
  }

  /** Overwrites the bytes, which were only lent. */
  recycle(parcel: Parcel): void {
    const { bytes } = parcel
    bytes.fill(POISON)
    const pool = this.#pools[bytes.length]
    if (pool === undefined || pool.length >= POOL_LIMIT) return
    parcel.box = undefined
    parcel.socket = undefined
    pool.push(parcel)
  }
}
