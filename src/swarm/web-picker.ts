import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Download } from './download.ts'
import type { Supplier } from './download-init.ts'
import type { OpenPiece } from './open-piece.ts'
import type { PieceTracker } from './piece-tracker.ts'

/** Bytes of the content. */
export interface Run {
  readonly begin: number
  readonly end: number
}

/** Pieces looked at for the begin of a run: one that asks for MiBs at a time need not know the very best. */
const WINDOW = 4_096

/**
 * What to ask a web server for: runs of pieces that lie one behind the other, since each request costs a round trip. A run begins where it is
 * read, else in the middle of what it had begun, else with a piece that fewest peers have (none, if there is one), behind the last run
 * where that is as good; it ends with what nobody has begun and there is memory for. Pieces that others have begun come last.
 */
export class WebPicker {
  readonly #download: Download
  readonly #tracker: PieceTracker
  readonly #supplier: Supplier
  /** There was something to ask for last time, and no memory for it, or the disk had fallen behind: that passes soon. */
  short = false
  /** Where the last run ended. */
  #cursor = 0

  constructor(download: Download, supplier: Supplier) {
    this.#download = download
    this.#tracker = download.tracker
    this.#supplier = supplier
  }

  /** `most`: bytes, unless the first piece is longer. Its blocks are booked. */
  next(most: number): Run | undefined {
    const { complete, account } = this.#tracker
    this.short = account.diskBehind
    if (complete || this.#download.troubled || account.diskBehind) return undefined
    const begun = this.#begun()
    if (begun !== undefined) return this.#book(begun)
    const first = this.#first()
    if (first < 0) return this.#join()
    if (!this.#download.affords(first)) {
      this.short = true
      return account.wait()
    }
    return this.#openFrom(first, most)
  }

  /** Its own piece, for the rest of which there was no memory. */
  #begun(): OpenPiece | undefined {
    const { key } = this.#supplier
    return this.#tracker.partial.find(
      (one) => one.holder === key && one.hold !== 'shared' && this.#bookable(one),
    )
  }

  #first(): number {
    const urgent = this.#download.urgent.list.find((piece) => this.#may(piece))
    if (urgent !== undefined) return urgent
    const { pieceCount } = this.#tracker.geometry
    let best = -1
    for (let i = 0, seen = 0; i < pieceCount && seen < WINDOW; i++) {
      const piece = (this.#cursor + i) % pieceCount
      if (!this.#may(piece)) continue
      seen += 1
      if (best < 0 || this.#precedes(piece, best)) best = piece
    }
    return best
  }

  #precedes(piece: number, other: number): boolean {
    const higher = this.#tracker.levelOf(piece) - this.#tracker.levelOf(other)
    if (higher !== 0) return higher > 0
    return this.#download.picker.availabilityOf(piece) < this.#download.picker.availabilityOf(other)
  }

  /** It is to be fetched; one that failed with a part of ours goes to others first, if anybody has it. */
  #may(piece: number): boolean {
    if (!this.#tracker.isToFetch(piece)) return false
    const failed = this.#tracker.suspectsOf(piece)?.includes(this.#supplier.key) === true
    return !failed || this.#download.picker.availabilityOf(piece) === 0
  }

  #openFrom(first: number, most: number): Run | undefined {
    const { geometry } = this.#tracker
    const { key, suspect } = this.#supplier
    let run: Run | undefined
    for (let piece = first; piece < geometry.pieceCount; piece++) {
      const length = geometry.lengthOf(piece)
      if (piece > first && !this.#goesOn(piece, first, (run?.end ?? 0) + length - run!.begin, most)) break
      this.#tracker.open(piece, key, suspect ? 'sole' : 'reserved')
      const booked = this.#book(this.#tracker.record(piece)!)
      if (booked === undefined) break
      run = { begin: run?.begin ?? booked.begin, end: booked.end }
      this.#cursor = piece + 1
      if (booked.end < geometry.offsetOf(piece) + length) break
    }
    return run
  }

  #goesOn(piece: number, first: number, bytes: number, most: number): boolean {
    const { account } = this.#tracker
    if (bytes > most || !account.spacious || !this.#download.affords(piece) || !this.#may(piece)) return false
    return this.#tracker.levelOf(piece) >= this.#tracker.levelOf(first)
  }

  /** What others have left over of an open piece. */
  #join(): Run | undefined {
    if (this.#supplier.suspect) return undefined
    const record = this.#tracker.partial.find((one) => one.hold === 'shared' && this.#bookable(one))
    return record && this.#book(record)
  }

  #bookable(record: OpenPiece): boolean {
    return this.#tracker.reaches(record, record.firstFree())
  }

  /** Its free blocks from the first on, as far as they lie together and memory reaches; what is padding may lie between. */
  #book(record: OpenPiece): Run | undefined {
    const { piece } = record
    const { geometry } = this.#tracker
    const begin = record.free > 0 ? record.firstFree() : 0
    let end = begin
    for (let block = begin; block < record.blocks; block++) {
      const state = this.#tracker.blockState(piece, block)
      if (state === 'received' && this.#download.padding.lengthOf(piece, block) === 0) continue
      if (state !== 'free' || !this.#tracker.reaches(record, block)) break
      if (!this.#tracker.request(piece, block, this.#supplier.key)) break
      end = block + 1
    }
    if (end === begin) return undefined
    const offset = geometry.offsetOf(piece)
    const last = (end - 1) * BLOCK_LENGTH + geometry.blockLength(piece, end - 1)
    return { begin: offset + begin * BLOCK_LENGTH, end: offset + last }
  }
}
