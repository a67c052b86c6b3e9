import { type Address, withPort } from '../core/address.ts'
import type { PeerWire } from '../peer/peer-wire.ts'

/**
 * Where others may reach a connected peer, as far as is known: where we have dialled it, where its uTP comes from (behind a translator nothing
 * else leads to it, and all of uTP goes through one socket), or where it says that it listens.
 */
export function homeOf({ address, outgoing, remote }: PeerWire): Address | undefined {
  if (outgoing || remote.speaksUtp) return address
  return remote.port === undefined ? undefined : withPort(address, remote.port)
}
