import { MESSAGE } from '../codec/wire.ts'
import type { Micros } from '../core/time.ts'
import type { Link } from './link.ts'

/** Suggestions (BEP 6), both ways. They oblige nobody; whose advice is worth anything is the owner's affair. */
export class Suggestions<Peer> {
  readonly #link: Link<Peer>

  constructor(link: Link<Peer>) {
    this.#link = link
  }

  /** The remote suggests `piece`: the latest are kept, in `remote.suggested`. */
  receive(piece: number): void {
    const { counters, geometry, options, remote } = this.#link
    const list = remote.suggested
    if (piece >= (geometry?.pieceCount ?? options.maxPieces)) {
      counters.idleClaims += 1
      return
    }
    const known = list.indexOf(piece)
    if (known >= 0 || list.length >= options.maxSuggested) {
      counters.idleClaims += 1
      list.splice(Math.max(0, known), 1)
    }
    list.push(piece)
  }

  /** That the remote should fetch `piece` from us; nothing is said without BEP 6. */
  send(now: Micros, piece: number): void {
    const { outbox, remote } = this.#link
    if (remote.fast) outbox.index(now, MESSAGE.suggest, piece)
  }
}
