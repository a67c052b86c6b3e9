import type { Micros } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import { METADATA_PIECE } from './metadata-group.ts'

/** What peers are told of the metadata, and what they get of it (BEP 9). `metadata` is `undefined` while we have none. */
export interface MetadataServer {
  /** Its length as we claim it; `undefined`: we have none to give. */
  size(metadata: Uint8Array | undefined): number | undefined
  /** Answers a request by `sendMetadata` or `rejectMetadata`. */
  serve(now: Micros, peer: PeerWire, piece: number, metadata: Uint8Array | undefined): void
}

export const honestMetadata: MetadataServer = Object.freeze({
  size: (metadata: Uint8Array | undefined) => metadata?.length,
  serve(now: Micros, peer: PeerWire, piece: number, metadata: Uint8Array | undefined) {
    const start = piece * METADATA_PIECE
    if (metadata === undefined || start >= metadata.length) peer.rejectMetadata(now, piece)
    else peer.sendMetadata(now, piece, metadata.length, metadata.subarray(start, start + METADATA_PIECE))
  },
})
