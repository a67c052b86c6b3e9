import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { PieceCheck } from './piece-check.ts'
import type { PieceStore } from './torrent-effects.ts'

/** After a piece that was wrong, so many in a row must be right before it goes back to a sample. */
const SUSPICION = 16

export interface ServedCheckInit {
  readonly geometry: Geometry
  readonly check: PieceCheck
  readonly have: Bitfield
  readonly store: Pick<PieceStore, 'hash' | 'digests' | 'leaves'>
  /** Of what is served, how much is hashed, in bytes by bytes; 0: nothing. */
  readonly share: number
  /** A piece that we say we have is another. `first`: since they were right. */
  lost(now: Micros, piece: number, first: boolean): void
}

/**
 * Hashes some of what is served once more: files may have been changed behind our back. One piece at a time, beside the serving, which does not
 * wait for it; where something was wrong, everything that is served, until enough is right.
 */
export class ServedCheck {
  readonly #init: ServedCheckInit
  /** Bytes that may be hashed. */
  #credit = 0
  #suspicion = 0
  /** That was hashed. */
  #last = -1
  #isBusy = false

  constructor(init: ServedCheckInit) {
    this.#init = init
  }

  /** `length` bytes of `piece` are being served. */
  served(piece: number, length: number): void {
    const { geometry, share } = this.#init
    const cost = geometry.lengthOf(piece)
    this.#credit = Math.min(this.#credit + length * share, cost)
    const isDue = this.#credit === cost || (this.#suspicion > 0 && piece !== this.#last)
    if (share === 0 || this.#isBusy || !isDue) return
    this.#credit = 0
    this.#last = piece
    this.#isBusy = true
    this.#init.check.verify(this.#init.store, piece, (now, finding) => {
      this.#isBusy = false
      if (finding !== undefined) this.#checked(now, piece, finding.right)
    })
  }

  #checked(now: Micros, piece: number, right: boolean): void {
    const { have, lost } = this.#init
    // Meanwhile it may have been found out, or fetched again.
    if (!have.has(piece)) return
    if (right) {
      this.#suspicion = Math.max(0, this.#suspicion - 1)
      return
    }
    const first = this.#suspicion === 0
    this.#suspicion = SUSPICION
    lost(now, piece, first)
  }
}
