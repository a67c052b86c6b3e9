import type { Address } from '../core/address.ts'
import { writeUint16 } from '../core/bytes.ts'
import type { Micros } from '../core/time.ts'
import type { ByteRing } from './byte-ring.ts'
import type { UtpCounters } from './counters.ts'
import {
  DATA,
  EXTENSION_HEAD,
  HEAD_LENGTH,
  OFFER_LENGTH,
  PADDING,
  PacketHead,
  SELECTIVE_ACK,
  SIZE_OFFER,
  writePadding,
} from './packet.ts'
import { LONGEST_DATAGRAM } from './path-mtu.ts'
import type { Receiving } from './receiving.ts'

/** Where datagrams leave. */
export interface DatagramEffects {
  /** Room for one datagram of `length` bytes or more: filled and given to `send`, before the next is asked for. */
  reserve(length: number): Uint8Array
  send(to: Address, datagram: Uint8Array): void
}

const HEAD = new PacketHead()

/** Writes the packets of one connection. */
export class Outlet {
  /** The remote's clock when its last packet left, less ours when it came. */
  delay = 0
  /** Whether the remote is told how long datagrams may be. */
  offers: boolean
  /** When the last packet left. */
  lastAt: Micros = 0
  readonly #effects: DatagramEffects
  readonly #counters: UtpCounters
  readonly #to: Address
  readonly #id: number

  /** `id`: what the remote knows the connection by. */
  constructor(effects: DatagramEffects, counters: UtpCounters, to: Address, id: number, offers: boolean) {
    this.#effects = effects
    this.#counters = counters
    this.#to = to
    this.#id = id
    this.offers = offers
  }

  /** A packet without payload. `receiving` is what is acknowledged; `undefined`: nothing has come. */
  bare(
    now: Micros,
    type: number,
    seq: number,
    receiving: Receiving | undefined,
    id: number = this.#id,
  ): void {
    const mask = receiving?.maskLength ?? 0
    const length = HEAD_LENGTH + (mask > 0 ? EXTENSION_HEAD + mask : 0) + (this.offers ? OFFER_LENGTH : 0)
    const room = this.#effects.reserve(length)
    this.#head(now, type, id, seq, receiving)
    HEAD.extension = mask > 0 ? SELECTIVE_ACK : this.offers ? SIZE_OFFER : 0
    HEAD.write(room)
    let at = HEAD_LENGTH
    if (mask > 0) {
      room[at] = this.offers ? SIZE_OFFER : 0
      room[at + 1] = mask
      receiving!.writeMask(room, at + EXTENSION_HEAD, mask)
      at += EXTENSION_HEAD + mask
    }
    if (this.offers) at = writeOffer(room, at, 0)
    this.#send(now, room, length)
  }

  /** A packet of `length` bytes from `place` in the stream; `datagram`: its length with padding, 0: without. */
  data(
    now: Micros,
    seq: number,
    receiving: Receiving,
    ring: ByteRing,
    place: number,
    length: number,
    datagram: number,
  ): void {
    const head = HEAD_LENGTH + (this.offers ? OFFER_LENGTH : 0)
    const padding = datagram === 0 ? 0 : datagram - head - length
    const room = this.#effects.reserve(head + padding + length)
    this.#head(now, DATA, this.#id, seq, receiving)
    const afterOffer = padding > 0 ? PADDING : 0
    HEAD.extension = this.offers ? SIZE_OFFER : afterOffer
    HEAD.write(room)
    let at = HEAD_LENGTH
    if (this.offers) at = writeOffer(room, at, afterOffer)
    at = writePadding(room, at, padding)
    ring.copy(place, length, room, at)
    this.#send(now, room, at + length)
  }

  #head(now: Micros, type: number, id: number, seq: number, receiving: Receiving | undefined): void {
    HEAD.type = type
    HEAD.id = id
    HEAD.timestamp = now
    HEAD.delay = this.delay
    HEAD.window = receiving?.window ?? 0
    HEAD.seq = seq
    HEAD.ack = receiving?.ack ?? 0
  }

  #send(now: Micros, room: Uint8Array, length: number): void {
    this.lastAt = now
    this.#counters.packetsOut += 1
    this.#effects.send(this.#to, room.length === length ? room : room.subarray(0, length))
  }
}

/** Says how long datagrams may be; `next`: the type of the next extension. Where the next byte goes. */
export function writeOffer(into: Uint8Array, at: number, next: number): number {
  into[at] = next
  into[at + 1] = 2
  writeUint16(into, at + EXTENSION_HEAD, LONGEST_DATAGRAM)
  return at + OFFER_LENGTH
}
