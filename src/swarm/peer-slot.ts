import type { Bitfield } from '../core/bitfield.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { PickPeer } from './picker.ts'
import type { PeerKey } from './piece-tracker.ts'

/** Pieces that may be requested while choked, remembered per peer (BEP 6; ten are usual). */
const MAX_ALLOWED = 100

/** What a torrent keeps about one of its peers; also how the picker sees it. */
export class PeerSlot implements PickPeer {
  readonly key: PeerKey
  readonly peer: PeerWire
  readonly since: Micros
  /** The empty set, for a peer that has told nothing; as long as the torrent's pieces once those are known. */
  none: Bitfield
  /** A piece that it has and we lack, -1: none. It is why we are interested. */
  witness = -1
  /** The picker's own note: the piece that it is at. */
  current = -1
  /** It contributed to a piece that failed. */
  suspect = false
  /** Its pipeline holds whole pieces, so it is given whole ones. */
  fast = false
  readonly #allowed: number[] = []

  constructor(key: PeerKey, peer: PeerWire, since: Micros, none: Bitfield) {
    this.key = key
    this.peer = peer
    this.since = since
    this.none = none
  }

  get pieces(): Bitfield {
    return this.peer.pieces ?? this.none
  }

  get allowed(): readonly number[] | undefined {
    return this.peer.choking ? this.#allowed : undefined
  }

  allow(piece: number): void {
    if (this.#allowed.length < MAX_ALLOWED && !this.#allowed.includes(piece)) this.#allowed.push(piece)
  }

  measure(pieceLength: number): void {
    this.fast = this.peer.depth * BLOCK_LENGTH >= pieceLength
  }
}
