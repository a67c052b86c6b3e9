import type { HashRequest } from '../codec/hash-message.ts'
import type { HolePunchMessage } from '../codec/hole-punch.ts'
import type { PeerExchangeMessage } from '../codec/peer-exchange.ts'
import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { Credit } from '../core/credit.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Id } from '../core/id.ts'
import type { RateLimits } from '../core/rate-limit.ts'
import type { Micros } from '../core/time.ts'
import type { CloseReason, Severity } from './close-reasons.ts'
import type { PeerOptions } from './options.ts'

/** Downwards: the stream. The order of bytes is the order of calls. */
export interface StreamEffects {
  /** Room for `length` outgoing bytes, filled before the input returns. */
  reserve(length: number): Uint8Array
  /** Queues a read-only view of payload after all that was reserved. */
  send(view: Uint8Array): void
  /** Ends the stream; called once. `now`: reset at once, else what is queued is sent first. */
  close(now: boolean): void
  /** The peer has work for `settle`, or its deadline changed. */
  touch(): void
}

/** `lost`: the remote has the piece no longer. */
export type ReleaseCause = 'rejected' | 'choked' | 'lost' | 'timeout' | 'closed'

/**
 * Where the payload of an arriving block goes. `stream`: straight to `write` as it comes. `collect`: to `write` in one
 * call, once it is whole (another peer is streaming the same block). `discard`: nowhere.
 */
export type Claim = 'stream' | 'collect' | 'discard'

/** Whom hashes of trees concern (BEP 52); called as `Owner` is. */
export interface HashOwner<Peer> {
  /** From `settle`: answer by `HashExchange.answer` exactly once. Nothing of it is checked. */
  requested(peer: Peer, now: Micros, request: HashRequest): void
  /** What was asked for: as many nodes as it should be, 32 bytes each, lent and unchecked. */
  given(peer: Peer, now: Micros, request: HashRequest, nodes: Uint8Array): void
  rejected(peer: Peer, now: Micros, request: HashRequest): void
}

export type WasteCause = 'unrequested' | 'late' | 'duplicate'

/**
 * Upwards: the torrent. Called in the course of an input, so a method only notes and queues; `close` and the commands that
 * send may be called on the peer from within, `receive`, `tick` and `settle` may not.
 *
 * A request that `request` accepted ends exactly once: in `block`, in `released`, by the owner's own `cancel`, or when
 * `claim` answers `discard`. After that nothing more of it is written, unless a new `claim` says so: a block that comes
 * late, after `released` or `cancel`, is offered by `claim` again and ends in `block` or `wasted`.
 */
export interface Owner<Peer> {
  readonly hashes: HashOwner<Peer>
  /** Both handshakes are done and `peer.remote` is set; our first messages are queued. */
  ready(peer: Peer, now: Micros): void
  /** An extension handshake was applied to `peer.remote` (BEP 10). */
  extended(peer: Peer, now: Micros): void
  choked(peer: Peer, now: Micros): void
  unchoked(peer: Peer, now: Micros): void
  interest(peer: Peer, now: Micros, interested: boolean): void
  /** `peer.pieces` was replaced; `before` is the old set (`undefined`: nothing). Only once the geometry is known. */
  piecesReplaced(peer: Peer, now: Micros, before: Bitfield | undefined): void
  /** The remote has got `piece`; said once per piece. */
  have(peer: Peer, now: Micros, piece: number): void
  /** It has `piece`, which it had, no longer (BEP 54); requests for it come back by themselves. */
  lost(peer: Peer, now: Micros, piece: number): void
  /** `piece` may be requested while choked, once the remote has it (BEP 6). */
  allowedFast(peer: Peer, now: Micros, piece: number): void
  /** The head of a requested (or late) block has arrived. */
  claim(peer: Peer, piece: number, begin: number, length: number): Claim
  /** Bytes of a claimed block in order; `offset` counts from the start of the piece. `view` is lent. */
  write(peer: Peer, piece: number, offset: number, view: Uint8Array): void
  block(peer: Peer, now: Micros, piece: number, begin: number, length: number): void
  released(peer: Peer, now: Micros, piece: number, begin: number, length: number, cause: ReleaseCause): void
  wasted(peer: Peer, now: Micros, bytes: number, cause: WasteCause): void
  /** From `settle`: there is room for requests; call `request` while `wantsRequests`. */
  refill(peer: Peer, now: Micros): void
  /** From `settle`: read this block, then call `deliver` or `refuse` exactly once. */
  serve(peer: Peer, now: Micros, piece: number, begin: number, length: number): void
  /** From `settle`: answer with `sendMetadata` or `rejectMetadata`. The piece exists (BEP 9). */
  metadataRequested(peer: Peer, now: Micros, piece: number): void
  /** Requested metadata; sizes are unchecked. `bytes` is lent. */
  metadataData(peer: Peer, now: Micros, piece: number, totalSize: number | undefined, bytes: Uint8Array): void
  metadataRejected(peer: Peer, now: Micros, piece: number): void
  /** The remote told who is connected to it and who no longer is (BEP 11); nothing of it is checked. */
  peersNamed(peer: Peer, now: Micros, named: PeerExchangeMessage): void
  /** The remote's DHT node listens on `port` (BEP 5). */
  dhtPort(peer: Peer, now: Micros, port: number): void
  /** The last call; all requests were released before. */
  closed(peer: Peer, now: Micros, reason: CloseReason, severity: Severity): void
}

/** Takes part in hole punching (BEP 55). */
export interface Punching<Peer> {
  /** What the remote asks or tells, no more of it than is good for us; the address is not checked. */
  heard(peer: Peer, now: Micros, message: HolePunchMessage): void
}

/** What the torrent behind a connection is and allows. */
export interface Terms<Peer> {
  readonly infoHash: Id
  /** Of version 2, as it goes over the wire; a remote that knows it too is told it (BEP 52, "Upgrade Path"). Default: there is none. */
  readonly v2Hash?: Id | undefined
  readonly owner: Owner<Peer>
  /** `undefined` while there is no metadata. */
  readonly geometry: Geometry | undefined
  /** Ours: a live view. `undefined` while there is no metadata. */
  readonly pieces: Bitfield | undefined
  readonly metadataSize: number | undefined
  /** We have all that we want, be it a part (BEP 21, "partial seeds"); by default, when we have everything. */
  readonly satisfied?: boolean
  /** Whether a newcomer is granted pieces that it may fetch while we choke it (BEP 6). Default: it is. */
  readonly grants?: boolean
  /** Whether we run a DHT node. */
  readonly dht: boolean
  /** Where others find us, if we take peers: over which family. */
  listenPort(family: 4 | 6): number | undefined
  readonly private: boolean
  /** Absent: it is not offered. */
  readonly punching?: Punching<Peer> | undefined
  /** Shared by whom the owner likes; all that passes is taken from them. Default: none. */
  readonly limits?: RateLimits
  /** Ours for this torrent, where it differs from that of `Init`. */
  readonly ownPeerId?: Id
  /** The remote's peer id that was promised, if any. */
  readonly peerId?: Id
}

export interface Init<Peer> {
  readonly now: Micros
  readonly address: Address
  readonly outgoing: boolean
  readonly ownPeerId: Id
  /** Only `reserve` is called before the constructor returns. */
  readonly effects: StreamEffects
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly options?: Partial<PeerOptions>
  /** Outgoing: known at once. */
  readonly terms?: Terms<Peer>
  /** Incoming: asked when the info-hash has arrived; `undefined` closes without an answer. */
  readonly identify?: (peer: Peer, infoHash: Id) => Terms<Peer> | undefined
  /** Memory for what is being read to be sent, or waits in the stream; shared by whom the owner likes. */
  readonly sending?: Credit
}
