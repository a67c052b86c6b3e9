import { decodeKrpc } from '../../src/codec/krpc.ts'
import { toHex } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import type { UdpFabric } from '../network/udp-fabric.ts'

/** Who named whom in one look-up. */
interface Walk {
  /** Length of the chain of referrals by which a node was first heard of, by endpoint; 1: out of the asker's own table. */
  readonly chain: Map<string, number>
}

/** Derives from the datagrams alone by how many referrals each look-up came to a node. */
export class Referrals {
  /** By asker and target. */
  readonly #walks = new Map<string, Walk>()
  /** By asker, whom it asked and transaction. */
  readonly #asked = new Map<string, Walk>()

  constructor(udp: UdpFabric) {
    udp.tap({
      sent: ({ index }, _from, to, bytes) => this.#sent(index, to.text, bytes),
      delivered: ({ index }, from, _to, bytes) => this.#delivered(index, from.text, bytes),
    })
  }

  /** Follows the look-up of `target` by the host of this number from now on. */
  follow(asker: number, target: Id): void {
    this.#walks.set(walkKey(asker, target), { chain: new Map() })
  }

  /** How long the chain was to the node at `endpoint`, when the look-up has ended; it is forgotten then. */
  hopsTo(asker: number, target: Id, endpoint: string): number {
    const key = walkKey(asker, target)
    const hops = this.#walks.get(key)?.chain.get(endpoint)
    this.#walks.delete(key)
    return hops ?? Number.NaN
  }

  #sent(asker: number, to: string, bytes: Uint8Array): void {
    const message = decodeKrpc(bytes, 4)
    if (message?.kind !== 'query' || message.target === undefined) return
    const walk = this.#walks.get(walkKey(asker, message.target))
    if (walk === undefined) return
    // Asked though nobody has named it: the asker knew it.
    if (!walk.chain.has(to)) walk.chain.set(to, 1)
    this.#asked.set(queryKey(asker, to, message.transaction), walk)
  }

  #delivered(asker: number, from: string, bytes: Uint8Array): void {
    const message = decodeKrpc(bytes, 4)
    if (message?.kind !== 'response') return
    const key = queryKey(asker, from, message.transaction)
    const walk = this.#asked.get(key)
    if (walk === undefined) return
    this.#asked.delete(key)
    const hops = walk.chain.get(from)! + 1
    for (const { address } of message.nodes) {
      if (!walk.chain.has(address.text)) walk.chain.set(address.text, hops)
    }
  }
}

function walkKey(asker: number, target: Id): string {
  return `${asker}/${toHex(target)}`
}

function queryKey(asker: number, to: string, transaction: Uint8Array): string {
  return `${asker}/${to}/${toHex(transaction)}`
}
