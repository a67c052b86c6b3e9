/** Compact endpoints and contacts: address bytes then port, big-endian (BEP 5 for IPv4, BEP 32 for IPv6, BEP 11). */
import { type Address, addressFromCompact } from '../core/address.ts'
import { writeUint16 } from '../core/bytes.ts'
import { ID_LENGTH } from '../core/id.ts'
import { type NodeInfo, readNode, type SharedNode } from './shared-nodes.ts'

export type { NodeInfo, SharedNode }

/** Bytes of one compact peer: 6 or 18. */
export function peerLength(family: 4 | 6): number {
  return family === 4 ? 6 : 18
}

/** Bytes of one compact node: 26 or 38. */
export function nodeLength(family: 4 | 6): number {
  return ID_LENGTH + peerLength(family)
}

/**
 * The nodes of a `nodes` or `nodes6` string; none when its length is no multiple of the entry's. IPv4-mapped
 * entries of an IPv6 list are left out. Addresses may be unusable: the reader decides what it accepts from whom.
 */
export function readNodes(bytes: Uint8Array, family: 4 | 6): SharedNode[] {
  const step = nodeLength(family)
  const nodes: SharedNode[] = []
  if (bytes.length % step !== 0) return nodes
  for (let at = 0; at < bytes.length; at += step) {
    const node = readNode(bytes, at, family)
    if (node.address.family === family) nodes.push(node)
  }
  return nodes
}

/** The peers of a compact list; none when its length is no multiple of the entry's. IPv4-mapped entries become IPv4. */
export function readPeers(bytes: Uint8Array, family: 4 | 6): Address[] {
  const step = peerLength(family)
  const peers: Address[] = []
  if (bytes.length % step !== 0) return peers
  for (let at = 0; at < bytes.length; at += step) peers.push(addressFromCompact(bytes, at, family))
  return peers
}

/** Peers of one family as a compact list. */
export function writePeers(peers: readonly Address[]): Uint8Array {
  const bytes = new Uint8Array(peers.reduce((sum, { family }) => sum + peerLength(family), 0))
  peers.reduce((at, peer) => writePeer(bytes, at, peer), 0)
  return bytes
}

/** Writes 26 or 38 bytes at `at`; the offset past them. */
export function writeNode(into: Uint8Array, at: number, node: NodeInfo): number {
  const { id } = node
  // Twenty stores are half as dear as a call of `set`.
  for (let i = 0; i < ID_LENGTH; i++) into[at + i] = id[i]!
  return writePeer(into, at + ID_LENGTH, node.address)
}

/** Writes 6 or 18 bytes at `at`; the offset past them. */
export function writePeer(into: Uint8Array, at: number, address: Address): number {
  const { bytes } = address
  for (let i = 0; i < bytes.length; i++) into[at + i] = bytes[i]!
  const end = at + bytes.length
  writeUint16(into, end, address.port)
  return end + 2
}
