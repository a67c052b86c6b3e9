import { OpenPiece } from './open-piece.ts'

const MOST = 64

/** Records kept for the next pieces to be opened. */
export class SpareRecords {
  readonly #records: OpenPiece[] = []

  /** One for a piece of so many blocks, to be reset. */
  take(blocks: number): OpenPiece {
    const fits = this.#records.length > 0 && this.#records.at(-1)!.capacity >= blocks
    return fits ? this.#records.pop()! : new OpenPiece(blocks)
  }

  keep(record: OpenPiece): void {
    if (this.#records.length < MOST) this.#records.push(record)
  }
}
