import { allowedFastSet } from '../codec/allowed-fast.ts'
import { MESSAGE } from '../codec/wire.ts'
import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { Link } from './link.ts'

/** The pieces that the remote may fetch from us while we choke it (BEP 6, allowed fast), and how much of each it has had. */
export class Grants<Peer> {
  readonly #link: Link<Peer>
  /** Blocks that may still be served, per granted piece. */
  readonly #left = new Map<number, number>()

  constructor(link: Link<Peer>) {
    this.#link = link
  }

  /** Tells the remote its set, if it is to have one; needs the fast extension and the metadata. */
  announce(now: Micros, address: Address, sha1: (bytes: Uint8Array) => Uint8Array): void {
    const { geometry, options, outbox, terms } = this.#link
    if (!geometry || terms.grants === false) return
    for (const piece of allowedFastSet(
      sha1,
      terms.infoHash,
      address,
      geometry.pieceCount,
      options.allowedFast,
    )) {
      this.#left.set(piece, options.allowedFastRounds * geometry.blocksOf(piece))
      outbox.index(now, MESSAGE.allowedFast, piece)
    }
  }

  /** Whether a request for `piece` may stand although we choke. `owned`: how many pieces the remote has. */
  allows(piece: number, owned: number): boolean {
    return owned <= this.#link.options.allowedFast && (this.#left.get(piece) ?? 0) > 0
  }

  /** Whether there is anything that it may still fetch so. `owned`: how many pieces the remote has. */
  open(owned: number): boolean {
    return this.#left.size > 0 && owned <= this.#link.options.allowedFast
  }

  /** A block of `piece` is being served. */
  spend(piece: number): void {
    const left = this.#left.get(piece)
    if (left) this.#left.set(piece, left - 1)
  }
}
