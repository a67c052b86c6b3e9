import type { Geometry } from '../core/geometry.ts'
import { LONGEST_SEGMENT, type Segment, type SegmentStock } from './segment-stock.ts'

/** The pieces of one store that are in memory: those being downloaded (held), and through the stock those last seen (cached). */
export class PieceMemory {
  readonly segmentLength: number
  readonly #geometry: Geometry
  readonly #perPiece: number
  readonly #stock: SegmentStock
  /** Prefix of this store's keys in the stock's cache. */
  readonly #prefix: string
  readonly #held = new Map<number, Segment>()

  constructor(geometry: Geometry, stock: SegmentStock, prefix: string) {
    this.#geometry = geometry
    this.#stock = stock
    this.#prefix = prefix
    this.segmentLength = Math.min(geometry.pieceLength, LONGEST_SEGMENT)
    this.#perPiece = Math.ceil(geometry.pieceLength / this.segmentLength)
  }

  /** Bytes of memory held for pieces being downloaded. */
  get heldBytes(): number {
    return this.#held.size * this.segmentLength
  }

  segmentsOf(piece: number): number {
    return Math.ceil(this.#geometry.lengthOf(piece) / this.segmentLength)
  }

  /** Copies `view` in. Bytes beyond the piece are a mistake of the caller and throw. */
  write(piece: number, offset: number, view: Uint8Array): void {
    const length = this.segmentLength
    for (let done = 0; done < view.length; ) {
      const index = Math.floor((offset + done) / length)
      const begin = offset + done - index * length
      const share = Math.min(view.length - done, length - begin)
      const { bytes } = this.#toWrite(piece, index)
      bytes.set(share === view.length ? view : view.subarray(done, done + share), begin)
      done += share
    }
  }

  holdsAny(piece: number): boolean {
    for (let index = 0; index < this.segmentsOf(piece); index++) {
      if (this.#held.has(this.#key(piece, index))) return true
    }
    return false
  }

  held(piece: number, index: number): Segment | undefined {
    return this.#held.get(this.#key(piece, index))
  }

  /** A segment whose bytes equal the files', or will once they are flushed. */
  find(piece: number, index: number): Segment | undefined {
    const key = this.#key(piece, index)
    return this.#held.get(key) ?? this.#stock.cached(this.#prefix + key)
  }

  /** The held segments under `[begin, begin + length)`; `undefined` when one is not held. */
  heldUnder(piece: number, begin: number, length: number): Segment[] | undefined {
    const segments: Segment[] = []
    for (const index of this.#indices(begin, length)) {
      const segment = this.held(piece, index)
      if (segment === undefined) return undefined
      segments.push(segment)
    }
    return segments
  }

  /** The part of segment `index` that lies in `[begin, begin + length)` of its piece. */
  within(segment: Pick<Segment, 'bytes'>, index: number, begin: number, length: number): Uint8Array {
    const start = index * this.segmentLength
    return segment.bytes.subarray(Math.max(begin - start, 0), begin + length - start)
  }

  /** The first segment under `begin`. */
  indexAt(begin: number): number {
    return Math.floor(begin / this.segmentLength)
  }

  release(piece: number, begin: number, length: number): void {
    for (const index of this.#indices(begin, length)) {
      const key = this.#key(piece, index)
      const segment = this.#held.get(key)
      if (segment === undefined) continue
      segment.left -= this.within(segment, index, begin, length).length
      if (segment.left > 0) continue
      this.#held.delete(key)
      if (segment.flushed >= segment.bytes.length) this.#stock.keep(this.#prefix + key, segment)
      else this.#stock.recycle(segment)
    }
  }

  /** Room for what will be read from the files, while there is memory for it. `keep` makes it known. */
  toRead(piece: number, index: number): Segment | undefined {
    return this.#stock.tryTake(this.segmentLength, this.lengthOf(piece, index))
  }

  keep(piece: number, index: number, segment: Segment): void {
    const key = this.#key(piece, index)
    if (this.#held.has(key)) this.#stock.recycle(segment)
    else this.#stock.keep(this.#prefix + key, segment)
  }

  clear(): void {
    for (const segment of this.#held.values()) this.#stock.recycle(segment)
    this.#held.clear()
    this.#stock.forgetAll(this.#prefix)
  }

  #toWrite(piece: number, index: number): Segment {
    const key = this.#key(piece, index)
    let segment = this.#held.get(key)
    if (segment === undefined) {
      this.#stock.forget(this.#prefix + key)
      segment = this.#stock.take(this.segmentLength, this.lengthOf(piece, index))
      this.#held.set(key, segment)
    }
    return segment
  }

  #key(piece: number, index: number): number {
    return piece * this.#perPiece + index
  }

  lengthOf(piece: number, index: number): number {
    return Math.min(this.segmentLength, this.#geometry.lengthOf(piece) - index * this.segmentLength)
  }

  *#indices(begin: number, length: number): Iterable<number> {
    const last = Math.floor((begin + length - 1) / this.segmentLength)
    for (let index = this.indexAt(begin); index <= last; index++) yield index
  }
}
