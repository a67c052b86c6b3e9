/** Compact endpoints and contacts: address bytes then port, big-endian (BEP 5 for IPv4, BEP 32 for IPv6, BEP 11). */
import { type Address, addressFromCompact } from '../core/address.ts'
import { copyBytes, writeUint16 } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'

/** A node as a reply names it. */
export interface NodeInfo {
  readonly id: Id
  readonly address: Address
}

/** Bytes of one compact peer: 6 or 18. */
export function peerLength(family: 4 | 6): number {
  return family === 4 ? 6 : 18
}

/** Bytes of one compact node: 26 or 38. */
export function nodeLength(family: 4 | 6): number {
  return ID_LENGTH + peerLength(family)
}

/**
 * The nodes of a `nodes` or `nodes6` string, ids copied; none when its length is no multiple of the entry's. IPv4-mapped
 * entries of an IPv6 list are left out. Addresses may be unusable: the reader decides what it accepts from whom.
 */
export function readNodes(bytes: Uint8Array, family: 4 | 6): NodeInfo[] {
  const step = nodeLength(family)
  const nodes: NodeInfo[] = []
  if (bytes.length % step !== 0) return nodes
  for (let at = 0; at < bytes.length; at += step) {
    const address = addressFromCompact(bytes, at + ID_LENGTH, family)
    if (address.family === family) nodes.push({ id: copyBytes(bytes, at, at + ID_LENGTH), address })
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

/** Writes 26 or 38 bytes at `at`; the offset past them. */
export function writeNode(into: Uint8Array, at: number, node: NodeInfo): number {
  into.set(node.id, at)
  return writePeer(into, at + ID_LENGTH, node.address)
}

/** Writes 6 or 18 bytes at `at`; the offset past them. */
export function writePeer(into: Uint8Array, at: number, address: Address): number {
  into.set(address.bytes, at)
  const end = at + address.bytes.length
  writeUint16(into, end, address.port)
  return end + 2
}
