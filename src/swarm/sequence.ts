import type { Bitfield } from '../core/bitfield.ts'
import type { PieceTracker } from './piece-tracker.ts'

/** Missing pieces in their order. */
export class Sequence {
  readonly #tracker: PieceTracker
  /** All before it are had, or not wanted. */
  #reached = 0

  constructor(tracker: PieceTracker) {
    this.#tracker = tracker
  }

  /** The first piece of `pieces` that is still to be begun and has not failed; -1 when there is none. */
  first(pieces: Bitfield): number {
    const tracker = this.#tracker
    while (this.#reached < pieces.length && !tracker.lacks(this.#reached)) this.#reached += 1
    for (let piece = this.#reached; piece < pieces.length; piece++) {
      if ((piece & 7) === 0 && pieces.bytes[piece >> 3] === 0) piece += 7
      else if (pieces.has(piece) && this.#isFree(piece)) return piece
    }
    return -1
  }

  #isFree(piece: number): boolean {
    const tracker = this.#tracker
    return (
      tracker.lacks(piece) && tracker.stateOf(piece) === 'missing' && tracker.suspectsOf(piece) === undefined
    )
  }
}
