import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'

const NONE: readonly number[] = []

/** Blocks that are zeros by what the torrent says, and are there when their piece is opened. */
export interface PadSource {
  /** Whether a piece is nothing else: no peer is asked for it. */
  isWhole(piece: number): boolean
  blocksOf(piece: number): readonly number[]
  /** Bytes of a piece that are none. */
  contentOf(piece: number): number
  fill(piece: number, block: number): void
}

/** A file as far as its padding goes. */
interface PaddedFile {
  readonly offset: number
  readonly length: number
  readonly pad: boolean
}

/** Where the padding of a torrent lies (BEP 47): zeros, that nobody is asked for. */
export class Padding {
  readonly #geometry: Geometry
  /** Begins and ends of runs of padding in the content, in order; neighbours are one. */
  readonly #begins: number[] = []
  readonly #ends: number[] = []
  /** Pieces that are padding alone. */
  readonly whole: ReadonlySet<number>

  /** `files` in their order. */
  constructor(files: readonly PaddedFile[], geometry: Geometry) {
    this.#geometry = geometry
    for (const { offset, length, pad } of files) {
      if (!pad || length === 0) continue
      if (this.#ends.at(-1) === offset) this.#ends[this.#ends.length - 1] = offset + length
      else {
        this.#begins.push(offset)
        this.#ends.push(offset + length)
      }
    }
    this.whole = new Set(this.#findWhole())
  }

  /** Whether there is any in a piece. */
  touches(piece: number): boolean {
    if (this.#begins.length === 0) return false
    const begin = this.#geometry.offsetOf(piece)
    const run = this.#runBefore(begin + this.#geometry.lengthOf(piece))
    return run >= 0 && this.#ends[run]! > begin
  }

  /** Bytes of a block up to the last that is none; what follows is not asked for. 0: the block is padding alone. */
  lengthOf(piece: number, block: number): number {
    const length = this.#geometry.blockLength(piece, block)
    if (this.#begins.length === 0) return length
    const begin = this.#geometry.offsetOf(piece) + block * BLOCK_LENGTH
    const run = this.#runBefore(begin + length)
    if (run < 0 || this.#ends[run]! < begin + length) return length
    return Math.max(0, this.#begins[run]! - begin)
  }

  /** The blocks of a piece that are padding alone. */
  blocksOf(piece: number): readonly number[] {
    if (!this.touches(piece)) return NONE
    const blocks: number[] = []
    for (let block = 0; block < this.#geometry.blocksOf(piece); block++)
      if (this.lengthOf(piece, block) === 0) blocks.push(block)
    return blocks
  }

  /** Bytes of a piece that are no padding. */
  contentOf(piece: number): number {
    const length = this.#geometry.lengthOf(piece)
    if (this.#begins.length === 0) return length
    const begin = this.#geometry.offsetOf(piece)
    const end = begin + length
    let content = length
    for (let run = this.#runBefore(end); run >= 0 && this.#ends[run]! > begin; run--)
      content -= Math.min(end, this.#ends[run]!) - Math.max(begin, this.#begins[run]!)
    return content
  }

  #findWhole(): number[] {
    const { pieceLength, pieceCount } = this.#geometry
    const pieces: number[] = []
    for (const [run, begin] of this.#begins.entries()) {
      for (let piece = Math.ceil(begin / pieceLength); piece < pieceCount; piece++) {
        if (this.#geometry.offsetOf(piece) + this.#geometry.lengthOf(piece) > this.#ends[run]!) break
        pieces.push(piece)
      }
    }
    return pieces
  }

  /** The last run that begins before `offset`; -1: none. */
  #runBefore(offset: number): number {
    let low = -1
    let high = this.#begins.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#begins[middle]! < offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
