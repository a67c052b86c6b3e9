import type { OpenPiece } from './open-piece.ts'

/** Open pieces that have free blocks, in no order: what is taken out makes place for the last. */
export class PartialPieces {
  readonly #list: OpenPiece[] = []

  get list(): readonly OpenPiece[] {
    return this.#list
  }

  /** Free blocks of `record` may have come or gone. */
  review(record: OpenPiece): void {
    const listed = record.place >= 0
    if (listed === record.free > 0) return
    if (listed) {
      const last = this.#list.pop()!
      if (last !== record) {
        this.#list[record.place] = last
        last.place = record.place
      }
      record.place = -1
    } else {
      record.place = this.#list.length
      this.#list.push(record)
    }
  }
}
