import type { PieceTracker } from './piece-tracker.ts'

/** Pieces ahead of a reader that are urgent, at least and at most, whatever their length. */
const LEAST_AHEAD = 2
const MOST_AHEAD = 256

/** Where a reader is. */
interface Place {
  readonly from: number
  /** The last piece that it will come to. */
  readonly to: number
}

/**
 * The pieces that are read as they arrive: from where each reader is on, as far ahead as is fetched before all else. What a reader will
 * come to is wanted for as long, even in files that are not; of those no more is fetched than what is urgent.
 */
export class UrgentPieces {
  readonly #tracker: PieceTracker
  readonly #readAhead: number
  readonly #readers = new Map<number, Place>()
  #list: readonly number[] = []

  /** `readAhead`: bytes that are urgent at a time, shared by all readers. */
  constructor(tracker: PieceTracker, readAhead: number) {
    this.#tracker = tracker
    this.#readAhead = readAhead
  }

  /** Those that are not had: in the order in which their readers come to them. */
  get list(): readonly number[] {
    return this.#list
  }

  get readerCount(): number {
    return this.#readers.size
  }

  /** A reader is at piece `from`, and will go on to `to`; it never goes back. True when it is a new one. */
  read(reader: number, from: number, to: number): boolean {
    const before = this.#readers.get(reader)
    if (before === undefined) this.#count(from, to, 1)
    else this.#count(before.from, from - 1, -1)
    this.#readers.set(reader, { from, to })
    this.#list = this.#ahead()
    return before === undefined
  }

  /** It reads no more. */
  leave(reader: number): void {
    const place = this.#readers.get(reader)
    if (place === undefined) return
    this.#readers.delete(reader)
    this.#count(place.from, place.to, -1)
    this.#list = this.#ahead()
  }

  /** `piece` is had. */
  gained(piece: number): void {
    if (this.#list.includes(piece)) this.#list = this.#list.filter((other) => other !== piece)
  }

  #count(from: number, to: number, by: 1 | -1): void {
    for (let piece = from; piece <= to; piece++) this.#tracker.read(piece, by)
  }

  #ahead(): readonly number[] {
    const { geometry, have } = this.#tracker
    const share = this.#readAhead / Math.max(1, this.#readers.size) / geometry.pieceLength
    const depth = Math.min(MOST_AHEAD, Math.max(LEAST_AHEAD, Math.floor(share)))
    const pieces = new Set<number>()
    for (let i = 0; i < depth; i++)
      for (const { from, to } of this.#readers.values())
        if (from + i <= to && !have.has(from + i)) pieces.add(from + i)
    return [...pieces]
  }
}
