import type { Micros } from '../../src/core/time.ts'
import type { PeerWire } from '../../src/peer/peer-wire.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { METADATA_PIECE } from '../../src/swarm/metadata-group.ts'
import type { MetadataServer } from '../../src/swarm/metadata-server.ts'

/**
 * How it lies: another size than the true one, the true size and wrong bytes, or pieces too long for it, a size that nobody has memory for, no answer at
 * all, or a reject to each request.
 */
export type MetadataLie = 'wrong-size' | 'wrong-bytes' | 'wrong-length' | 'huge-size' | 'silence' | 'reject'

export interface MetadataLiarInit {
  readonly lie: MetadataLie
  /** The true length in bytes, which every honest peer tells; the liar need not have the metadata. */
  readonly trueSize: number
}

/** What an implementation may be tempted to allocate at once. */
const HUGE = 2 ** 31 - 1
const GARBAGE = 0x5a

/** A peer that pretends to have the info dictionary. In everything else it is honest. */
export function metadataLiar({ lie, trueSize }: MetadataLiarInit): SessionPolicies {
  let claimed = trueSize
  if (lie === 'wrong-size') claimed = trueSize + 1
  else if (lie === 'huge-size') claimed = HUGE
  const metadata: MetadataServer = {
    size: () => claimed,
    serve: (now, peer, piece) => {
      if (lie === 'reject') peer.rejectMetadata(now, piece)
      else if (lie !== 'silence') sendGarbage(now, peer, piece, claimed, lie === 'wrong-length' ? 1 : 0)
    },
  }
  return { swarm: { metadata } }
}

/** With nothing `beyond` the right length only the hash of the whole betrays it. */
function sendGarbage(now: Micros, peer: PeerWire, piece: number, claimed: number, beyond: number): void {
  const length = Math.min(METADATA_PIECE, claimed - piece * METADATA_PIECE) + beyond
  peer.sendMetadata(now, piece, claimed, new Uint8Array(length).fill(GARBAGE))
}
