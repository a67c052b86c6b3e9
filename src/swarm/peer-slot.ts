import { Bitfield } from '../core/bitfield.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { Sharer } from './fair-share.ts'
import type { PickPeer } from './piece-picker.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { TurnoverPeer } from './turnover.ts'

const LATELY = 20 * SECOND
/** Who takes nothing in a turn of so long has made nothing of it; nor has who takes nothing for so long in one that does not end. */
const FULL_TURN = 10 * SECOND
const LONG_TURN = 2 * MINUTE

/** What a torrent keeps about one of its peers; also how the picker sees it. */
export class PeerSlot implements PickPeer, Sharer, TurnoverPeer {
  readonly key: PeerKey
  readonly peer: PeerWire
  readonly since: Micros
  /** The empty set, for a peer that has told nothing; as long as the torrent's pieces once those are known. */
  none: Bitfield
  /** A piece that it has and we lack, -1: none. It is why we are interested. */
  witness = -1
  /** The picker's own note: the piece that it is at. */
  current = -1
  /** Of all pieces that we got, how many it was told of (`News`). */
  heard = 0
  /** When payload or metadata last moved, either way; when it came, before. */
  movedAt: Micros
  /** It contributed to a piece that failed. */
  suspect = false
  /** It has sent a whole block. */
  supplied = false
  /** Its pipeline holds whole pieces, so it is given whole ones. */
  fast = false
  /** Since when it has its turn; `NEVER`: it has none. */
  #servedSince: Micros = NEVER
  /** When a turn of it ended in which nothing moved. */
  #wastedAt: Micros = Number.NEGATIVE_INFINITY
  /** What it has without what it refused; `undefined` while it refused nothing. */
  #willing: Bitfield | undefined

  constructor(key: PeerKey, peer: PeerWire, since: Micros, none: Bitfield) {
    this.key = key
    this.peer = peer
    this.since = since
    this.movedAt = since
    this.none = none
  }

  /** Whether payload or metadata has moved lately: the remote that ends such a connection had a use for it. */
  useful(now: Micros): boolean {
    return this.movedAt > this.since && now - this.movedAt < LATELY
  }

  /** It has its turn from now on, or no longer. */
  serve(now: Micros, served: boolean): void {
    if (now - this.#servedSince >= FULL_TURN && this.movedAt <= this.#servedSince) this.#wastedAt = now
    this.#servedSince = served ? now : NEVER
  }

  vain(now: Micros): boolean {
    return this.#wastedAt > this.movedAt || now - Math.max(this.#servedSince, this.movedAt) >= LONG_TURN
  }

  busy(now: Micros): boolean {
    const { peer } = this
    return this.useful(now) || (peer.outstanding > 0 && !peer.snubbed) || (!peer.amChoking && !this.vain(now))
  }

  /** What it has. */
  get held(): Bitfield {
    return this.peer.pieces ?? this.none
  }

  /** It wants nothing more: it has everything, or says so (BEP 21). */
  get sated(): boolean {
    return this.peer.remote.uploadOnly || (this.held.length > 0 && this.held.full)
  }

  /** It wants nothing more, and has nothing that we lack as far as that is known. */
  get redundant(): boolean {
    return this.sated && this.held.length > 0 && !this.wanted
  }

  /** What it may be asked for. */
  get pieces(): Bitfield {
    return this.#willing ?? this.held
  }

  get allowed(): ReadonlySet<number> | undefined {
    return this.peer.choking ? this.peer.grants : undefined
  }

  get suggested(): readonly number[] {
    return this.peer.remote.suggested
  }

  /** It has got `piece`. */
  gained(piece: number): void {
    this.#willing?.add(piece)
  }

  /** It has `piece` no longer. */
  lost(piece: number): void {
    this.#willing?.remove(piece)
  }

  /** It rejected a block of `piece`, which is left to others until `forgive` (FX13). */
  refused(piece: number): void {
    this.#willing ??= Bitfield.fromWire(this.held.bytes, this.held.length)!
    this.#willing.remove(piece)
  }

  /** It may be asked for all that it has; false when it always might. */
  forgive(): boolean {
    const refused = this.#willing !== undefined
    this.#willing = undefined
    return refused
  }

  get wanted(): boolean {
    return this.witness >= 0
  }

  get interested(): boolean {
    return this.peer.interested
  }

  get snubbing(): boolean {
    return this.peer.snubbed
  }

  get proven(): boolean {
    return this.peer.down.total > 0 && !this.peer.snubbed
  }

  get silent(): boolean {
    return !this.supplied && this.peer.snubbed
  }

  measure(pieceLength: number): void {
    this.fast = this.peer.depth * BLOCK_LENGTH >= pieceLength
  }
}
