import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'

/** Whoever reads one kind of datagram on a socket. `datagram` is lent. */
export interface DatagramReader {
  receive(now: Micros, from: Address, datagram: Uint8Array): void
}

/** `d` opens a bencoded dictionary: KRPC. */
const DICTIONARY = 0x64
/** The first byte of uTP is type, from 0 to 4, and version. */
const UTP_VERSION = 1
const UTP_LAST = 0x41

/** Whether a datagram with this first byte is uTP. */
export function isUtp(first: number): boolean {
  return (first & 0x0f) === UTP_VERSION && first <= UTP_LAST
}

/** One bound UDP socket, shared by the protocols that live on its port; datagrams are told apart by their first byte. */
export class UdpMux {
  dht: DatagramReader | undefined
  utp: DatagramReader | undefined
  /** Datagrams that nobody reads. */
  foreign = 0

  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    const reader = this.#readerOf(datagram[0]!)
    if (reader === undefined) this.foreign += 1
    else reader.receive(now, from, datagram)
  }

  #readerOf(first: number): DatagramReader | undefined {
    if (first === DICTIONARY) return this.dht
    return isUtp(first) ? this.utp : undefined
  }
}
