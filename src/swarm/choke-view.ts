import { limitKey } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { ChokePeer } from './choke-policy.ts'
import type { PeerSlot } from './peer-slot.ts'

/** A peer as the choker sees it. */
export function chokeView(slot: PeerSlot, now: Micros): ChokePeer {
  const { peer } = slot
  return {
    key: slot.key,
    host: limitKey(peer.address),
    interested: peer.interested,
    down: peer.down.rate(now),
    up: peer.up.rate(now),
    taken: peer.up.total,
    share: slot.held.length === 0 ? 0 : slot.held.count / slot.held.length,
    connectedAt: slot.since,
    snubbing: peer.snubbed,
    uploadOnly: peer.remote.uploadOnly,
  }
}
