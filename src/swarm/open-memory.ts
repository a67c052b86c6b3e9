import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import type { OpenPiece } from './open-piece.ts'
import type { PieceAccount } from './piece-budget.ts'
import { runOf } from './run-length.ts'

/** The memory that the open pieces of a torrent take, drawn from its account unit by unit as they are asked for. */
export class OpenMemory {
  readonly #geometry: Geometry
  readonly #account: PieceAccount

  constructor(geometry: Geometry, account: PieceAccount) {
    this.#geometry = geometry
    this.#account = account
  }

  /** Whether `piece` can be opened. */
  affords(piece: number): boolean {
    return this.#account.affords(runOf(this.#geometry.lengthOf(piece)))
  }

  /** Whether there is memory for `block`, or can be. */
  reaches(record: OpenPiece, block: number): boolean {
    return block < record.reach || this.#account.affords(this.#unitAt(record))
  }

  /** Draws what lacks up to `block`. */
  draw(record: OpenPiece, block: number): void {
    while (block >= record.reach) {
      const bytes = this.#unitAt(record)
      record.reach = Math.min(record.blocks, record.reach + Math.ceil(bytes / BLOCK_LENGTH))
      record.drawn += bytes
      this.#account.draw(bytes)
    }
  }

  /** What was written of a piece comes again, a block each in runs of their own at the worst. */
  drawAgain(record: OpenPiece, blocks: readonly number[]): void {
    const unit = runOf(this.#geometry.lengthOf(record.piece))
    const runs = new Set(blocks.map((block) => Math.floor((block * BLOCK_LENGTH) / unit)))
    const bytes = Math.max(0, runs.size * unit - record.drawn)
    record.drawn += bytes
    this.#account.draw(bytes)
  }

  giveBack(record: OpenPiece, bytes: number): void {
    record.drawn -= bytes
    this.#account.giveBack(bytes)
  }

  /** Bytes of the unit that a record needs next. */
  #unitAt(record: OpenPiece): number {
    const length = this.#geometry.lengthOf(record.piece)
    return Math.min(runOf(length), length - record.reach * BLOCK_LENGTH)
  }
}
