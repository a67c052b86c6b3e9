import type { Id } from '../core/id.ts'
import { escapeBytes } from './web-url.ts'

/** The port of who takes no peers: some trackers refuse 0, and this is what libtorrent says behind a proxy. */
export const NOWHERE = 1

/** What a tracker is told (BEP 3). */
export interface Announce {
  readonly infoHash: Id
  readonly peerId: Id
  /** Where we take peers, or `NOWHERE`. */
  readonly port: number
  /** Payload bytes, since we started. */
  readonly uploaded: number
  readonly downloaded: number
  /** Bytes that we lack. */
  readonly left: number
  readonly event: 'started' | 'completed' | 'stopped' | undefined
  /** 32 bits by which the tracker knows us when our address changes. */
  readonly key: number
  /** Peers that we would like to hear of. */
  readonly want: number
}

/** The query of an announce over HTTP (BEP 3, BEP 23). `trackerId` is what the tracker gave us. */
export function announceQuery(announce: Announce, trackerId: Uint8Array | undefined): string {
  const { infoHash, peerId, port, uploaded, downloaded, left, event, key, want } = announce
  const fields = [
    `info_hash=${escapeBytes(infoHash)}`,
    `peer_id=${escapeBytes(peerId)}`,
    ...[`port=${port}`, `uploaded=${uploaded}`, `downloaded=${downloaded}`, `left=${left}`],
    ...['compact=1', 'no_peer_id=1', `numwant=${want}`, `key=${key.toString(16).padStart(8, '0')}`],
  ]
  if (event !== undefined) fields.push(`event=${event}`)
  if (trackerId !== undefined) fields.push(`trackerid=${escapeBytes(trackerId)}`)
  return fields.join('&')
}
