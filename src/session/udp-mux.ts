import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'

/** Whoever reads one kind of datagram on a socket. `datagram` is lent. */
export interface DatagramReader {
  receive(now: Micros, from: Address, datagram: Uint8Array): void
}

/** `d` opens a bencoded dictionary: KRPC. uTP's first byte is type and version, 0x01 to 0x41. */
const DICTIONARY = 0x64

/** One bound UDP socket, shared by the protocols that live on its port; datagrams are told apart by their first byte. */
export class UdpMux {
  dht: DatagramReader | undefined
  /** Datagrams that nobody reads. */
  foreign = 0

  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    if (datagram[0] === DICTIONARY && this.dht !== undefined) this.dht.receive(now, from, datagram)
    else this.foreign += 1
  }
}
