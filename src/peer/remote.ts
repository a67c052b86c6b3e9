import { ID_LENGTH, type Id } from '../core/id.ts'

/** What the remote says of itself: by its handshake (BEP 3, reserved bits) and its extension handshakes (BEP 10). */
export class Remote {
  /** Zero until `ready`. */
  peerId: Id = new Uint8Array(ID_LENGTH)
  /** Extension protocol (BEP 10) on both sides. */
  extended = false
  /** Fast extension (BEP 6) on both sides. */
  fast = false
  /** Both know the torrent by its hash of version 2 (BEP 52). */
  v2 = false
  /** The remote runs a DHT node (BEP 5). */
  dht = false
  /** Printable, at most 64 characters. */
  client: string | undefined = undefined
  /** Claimed and unchecked, 1 to 32 MiB (BEP 9). */
  metadataSize: number | undefined = undefined
  /** `reqq`: how many requests it queues. */
  requestQueue: number | undefined = undefined
  /** Where it listens. */
  port: number | undefined = undefined
  /** It answers metadata requests (BEP 9). */
  supportsMetadata = false
  /** It takes messages of peer exchange (BEP 11). */
  takesPeers = false
  /** It takes part in hole punching (BEP 55). */
  punchesHoles = false
  /** How it sees our IP: 4 or 16 bytes; one vote, no more. */
  yourIp: Uint8Array | undefined = undefined
  /** Pieces that it suggested (BEP 6), the latest last; some may lie outside the torrent. */
  readonly suggested: number[] = []
  /** It is met over uTP (BEP 29), as far as we know. */
  speaksUtp = false
  /** Its handshake came encrypted (MSE). */
  encrypted = false
  /** It likes streams to be encrypted. */
  encrypts = false
  /** It wants no payload (BEP 21). */
  uploadOnly = false
}
