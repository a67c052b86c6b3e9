import { Bitfield } from '../core/bitfield.ts'
import { type Level, NORMAL, SKIPPED } from './level.ts'

/** How much each piece is wanted: by its level, and whatever that is while readers will come to it. */
export class PieceLevels {
  /** What is fetched; the rest is left alone. A live view. */
  readonly wanted: Bitfield
  /** Counts the changes of `wanted`. */
  revision = 0
  /** `Level` of each piece. */
  readonly #levels: Uint8Array
  /** How many readers will come to a piece. */
  readonly #readers = new Map<number, number>()

  /** `levels`: of each piece; all `NORMAL` by default. */
  constructor(pieceCount: number, levels: Uint8Array = new Uint8Array(pieceCount).fill(NORMAL)) {
    this.#levels = levels.slice()
    this.wanted = new Bitfield(pieceCount)
    for (let piece = 0; piece < pieceCount; piece++)
      if (this.#levels[piece] !== SKIPPED) this.wanted.add(piece)
  }

  of(piece: number): Level {
    return this.#levels[piece] as Level
  }

  /** 1: it is wanted from now on, -1: it is not any more, 0: as before. */
  set(piece: number, level: Level): -1 | 0 | 1 {
    this.#levels[piece] = level
    return this.#review(piece)
  }

  /** One reader more or less will come to it; answers like `set`. */
  read(piece: number, by: 1 | -1): -1 | 0 | 1 {
    const readers = (this.#readers.get(piece) ?? 0) + by
    if (readers > 0) this.#readers.set(piece, readers)
    else this.#readers.delete(piece)
    return this.#review(piece)
  }

  #review(piece: number): -1 | 0 | 1 {
    const isWanted = this.#levels[piece] !== SKIPPED || this.#readers.has(piece)
    const changed = isWanted ? this.wanted.add(piece) : this.wanted.remove(piece)
    if (!changed) return 0
    this.revision += 1
    return isWanted ? 1 : -1
  }
}
