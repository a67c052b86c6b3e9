import type { Bitfield } from '../core/bitfield.ts'
import type { Micros } from '../core/time.ts'
import type { Crowd } from './crowd.ts'
import type { Download } from './download.ts'
import type { PeerSlot } from './peer-slot.ts'

/** Which peers have what we lack (BEP 3): one such piece of each, its witness, is why we are interested in it. */
export class Interest {
  readonly #crowd: Crowd
  readonly #download: Download

  constructor(crowd: Crowd, download: Download) {
    this.#crowd = crowd
    this.#download = download
  }

  /** What a peer has was told anew; `before` is what was counted of it. */
  replaced(now: Micros, slot: PeerSlot, before: Bitfield | undefined): void {
    const { pieces } = slot.peer
    if (pieces === undefined) return
    if (before !== undefined) this.#download.picker.peerGone(before)
    this.#download.picker.peerPieces(pieces)
    slot.witness = -1
    slot.forgive()
    this.review(now, slot)
  }

  /** It has got `piece`. */
  have(now: Micros, slot: PeerSlot, piece: number): void {
    const { peer } = slot
    this.#download.picker.peerHave(piece)
    slot.gained(piece)
    if (slot.witness < 0 && this.#download.tracker.lacks(piece)) {
      slot.witness = piece
      peer.setInterested(now, true)
    }
    if (slot.witness >= 0) peer.refillSoon()
    if (slot.held.full) this.review(now, slot)
  }

  /** It has `piece` no longer (BEP 54). */
  lost(now: Micros, slot: PeerSlot, piece: number): void {
    this.#download.picker.peerLost(piece)
    slot.lost(piece)
    if (slot.witness === piece) this.review(now, slot)
  }

  /** We have got `piece`: those that were interesting for it may have another. */
  gained(now: Micros, piece: number): void {
    for (const slot of this.#crowd.slots.values()) if (slot.witness === piece) this.review(now, slot)
  }

  /** Something else is wanted than before. */
  reviewAll(now: Micros): void {
    for (const slot of [...this.#crowd.slots.values()]) this.review(now, slot)
  }

  /** Whether a peer still has what we lack; one of no more use is sent away. */
  review(now: Micros, slot: PeerSlot): void {
    const { peer } = slot
    if (this.#crowd.dismiss(now, slot, this.#download.complete)) return
    slot.witness = this.#download.picker.witnessIn(slot.held, Math.max(0, slot.witness))
    peer.setInterested(now, slot.witness >= 0)
    if (slot.witness >= 0) peer.refillSoon()
    else this.#download.idle(slot)
  }
}
