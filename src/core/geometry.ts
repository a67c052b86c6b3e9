/** The arithmetic of pieces, blocks and bytes, computed once per torrent. */

/** What is requested: 16 KiB (BEP 3; every client closes on much more). */
export const BLOCK_LENGTH = 16_384

export class Geometry {
  /** Total bytes of the content. */
  readonly length: number
  readonly pieceLength: number
  readonly pieceCount: number

  constructor(length: number, pieceLength: number) {
    this.length = length
    this.pieceLength = pieceLength
    this.pieceCount = Math.ceil(length / pieceLength)
  }

  /** Bytes of piece `index`; the last one may be shorter. */
  lengthOf(index: number): number {
    return index === this.pieceCount - 1 ? this.length - index * this.pieceLength : this.pieceLength
  }

  /** Offset of piece `index` in the content. */
  offsetOf(index: number): number {
    return index * this.pieceLength
  }

  /** How many blocks piece `index` has; the last may be shorter than 16 KiB. */
  blocksOf(index: number): number {
    return Math.ceil(this.lengthOf(index) / BLOCK_LENGTH)
  }

  /** Bytes of block `block` of piece `index`. */
  blockLength(index: number, block: number): number {
    return Math.min(BLOCK_LENGTH, this.lengthOf(index) - block * BLOCK_LENGTH)
  }

  /** Whether `[begin, begin + length)` lies within piece `index` and is not empty. */
  contains(index: number, begin: number, length: number): boolean {
    return (
      index >= 0 &&
      index < this.pieceCount &&
      begin >= 0 &&
      length > 0 &&
      begin + length <= this.lengthOf(index)
    )
  }
}
