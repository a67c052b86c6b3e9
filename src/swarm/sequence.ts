import type { Bitfield } from '../core/bitfield.ts'
import { HIGHEST, SKIPPED } from './level.ts'
import type { PieceTracker } from './piece-tracker.ts'

/** Missing pieces in their order. */
export class Sequence {
  readonly #tracker: PieceTracker
  /** All before it are had, or not wanted. */
  #reached = 0

  constructor(tracker: PieceTracker) {
    this.#tracker = tracker
  }

  /** `piece` may be lacking again. */
  back(piece: number): void {
    this.#reached = Math.min(this.#reached, piece)
  }

  /**
   * The first piece of `pieces` that is still to be begun and has not failed, `levelled`: of those of the highest level; -1 when there
   * is none.
   */
  first(pieces: Bitfield, levelled: boolean): number {
    const tracker = this.#tracker
    while (this.#reached < pieces.length && !tracker.lacks(this.#reached)) this.#reached += 1
    let best = -1
    for (let piece = this.#reached; piece < pieces.length; piece++) {
      if ((piece & 7) === 0 && pieces.bytes[piece >> 3] === 0) piece += 7
      else if (pieces.has(piece) && this.#isFree(piece)) {
        if (best < 0 || tracker.levelOf(piece) > tracker.levelOf(best)) best = piece
        if (!levelled || tracker.levelOf(best) === HIGHEST) return best
      }
    }
    return best
  }

  #isFree(piece: number): boolean {
    const tracker = this.#tracker
    return (
      tracker.levelOf(piece) !== SKIPPED &&
      tracker.isToFetch(piece) &&
      tracker.suspectsOf(piece) === undefined
    )
  }
}
