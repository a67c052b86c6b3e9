import type { NodeInfo } from '../codec/compact.ts'
import type { SharedNode } from '../codec/shared-nodes.ts'
import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { DhtNode } from '../dht/dht-node.ts'
import type { Sister } from '../dht/identity/sister.ts'
import type { Seat } from './seat.ts'
import type { DatagramReader } from './udp-mux.ts'

/** One DHT node of a session with its seat: what reaches it from outside its own rounds touches that. */
export class DhtMember implements Sister, DatagramReader {
  readonly node: DhtNode
  readonly seat: Seat
  /** Of its socket. */
  readonly address: Address

  constructor(node: DhtNode, seat: Seat, address: Address) {
    this.node = node
    this.seat = seat
    this.address = address
  }

  get family(): 4 | 6 {
    return this.address.family
  }

  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    this.node.receive(now, from, datagram)
    this.seat.touch()
  }

  seeks(now: Micros): boolean {
    return this.node.seeks(now)
  }

  nearest(now: Micros, target: Id, asker: Address): readonly SharedNode[] {
    return this.node.nearest(now, target, asker)
  }

  hint(now: Micros, from: Address, nodes: readonly NodeInfo[]): void {
    this.node.hint(now, from, nodes)
    this.seat.touch()
  }
}
