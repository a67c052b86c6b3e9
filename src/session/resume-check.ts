import type { Info } from '../codec/metainfo.ts'
import { Bitfield } from '../core/bitfield.ts'
import type { ErrorKind } from '../core/errors.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { PieceCheck, PieceFinding } from '../swarm/piece-check.ts'
import { changedFiles } from './changed-files.ts'
import { inconsistentTorrent } from './inconsistent-torrent.ts'
import type { JournalContent } from './journal.ts'
import type { Failure, StoreOpened } from './ports.ts'
import type { Store } from './store.ts'

/** Pieces hashed at once: two for each of the most threads that a host has for it. */
const CONCURRENCY = 16
/** How many trusted pieces are hashed all the same, to notice files that changed behind our back. */
const SPOT_CHECKS = 3

export interface CheckResult {
  /** What is on disk and right. */
  readonly have: Bitfield
  /** Something lies under these names that is no part of this torrent, and not zeros either. */
  readonly foreign: boolean
  /** Recorded pieces are gone: files were deleted or cut since. */
  readonly lost: boolean
}

/**
 * Finds out which pieces are on disk: trusted ones by their record, doubtful ones by their hash, and all of them where there
 * is no record (or it proves wrong). Hash completions come as inputs, so a check never blocks.
 */
export class ResumeCheck {
  readonly #store: Store
  readonly #geometry: Geometry
  readonly #info: Info
  readonly #check: PieceCheck
  readonly #opened: StoreOpened
  readonly #done: (now: Micros, result: CheckResult) => void
  readonly #failed: (now: Micros, failure: Failure, kind?: ErrorKind) => void
  readonly #have: Bitfield
  /** Each file has its length, so that nothing need be looked at piece by piece: of 262,144 that took 100 ms. */
  readonly #isWhole: boolean
  #queue: number[] = []
  #next = 0
  #underWay = 0
  #cancelled = false
  #full = false
  /** Pieces that were read and are neither right nor zeros, or lie in files that are too short. */
  #foreign = 0
  #lost = false
  /** Recorded pieces in files that somebody has written to or replaced since. */
  readonly #changed = new Set<number>()
  /** Files of which a recorded piece was wrong. */
  readonly #distrusted = new Set<number>()

  constructor(init: {
    readonly store: Store
    readonly info: Info
    readonly geometry: Geometry
    readonly check: PieceCheck
    readonly opened: StoreOpened
    readonly done: (now: Micros, result: CheckResult) => void
    /** The disk fails, so that nothing is known of what is on it; or the torrent contradicts itself. */
    readonly failed: (now: Micros, failure: Failure, kind?: ErrorKind) => void
  }) {
    this.#store = init.store
    this.#info = init.info
    this.#geometry = init.geometry
    this.#check = init.check
    this.#opened = init.opened
    this.#done = init.done
    this.#failed = init.failed
    this.#have = new Bitfield(init.geometry.pieceCount)
    const { lengths } = init.opened
    this.#isWhole = init.info.files.every(({ length, pad }, file) => pad || lengths[file]! >= length)
  }

  /** 0 to 1. */
  get progress(): number {
    return this.#queue.length === 0 ? 1 : (this.#next - this.#underWay) / this.#queue.length
  }

  /** `journal` undefined: everything that is there is hashed. */
  start(now: Micros, journal: JournalContent | undefined): void {
    if (journal === undefined) {
      this.#everything(now)
      return
    }
    const changed = changedFiles(journal, this.#opened.marks, this.#info)
    const trusted: number[] = []
    for (const piece of journal.trusted) {
      if (!this.#present(piece)) this.#lost = true
      else if (changed.size > 0 && this.#isIn(piece, changed)) this.#changed.add(piece)
      else trusted.push(piece)
    }
    for (const piece of trusted) this.#have.add(piece)
    const step = Math.max(1, Math.floor(trusted.length / SPOT_CHECKS))
    const sample = trusted.filter((_, i) => i % step === 0).slice(0, SPOT_CHECKS)
    this.#queue = [...sample, ...this.#changed]
    for (const piece of journal.doubtful) {
      if (this.#present(piece)) this.#queue.push(piece)
      else this.#lost = true
    }
    if (!journal.whole) this.#queue.push(...this.#unrecorded(journal))
    this.#go(now)
  }

  /** Pieces of which the journal says nothing, as far as there is something of them. */
  #unrecorded({ trusted, doubtful }: JournalContent): number[] {
    const pieces = Array.from({ length: this.#geometry.pieceCount }, (_, piece) => piece)
    return pieces.filter((piece) => !trusted.has(piece) && !doubtful.has(piece) && this.#present(piece))
  }

  cancel(): void {
    this.#cancelled = true
  }

  #everything(now: Micros): void {
    this.#full = true
    this.#foreign = 0
    this.#have.clear()
    this.#queue = []
    this.#next = 0
    for (let piece = 0; piece < this.#geometry.pieceCount; piece++) {
      if (this.#present(piece)) this.#queue.push(piece)
      else if (this.#touchesData(piece)) this.#foreign += 1
    }
    this.#go(now)
  }

  #go(now: Micros): void {
    while (!this.#cancelled && this.#underWay < CONCURRENCY && this.#next < this.#queue.length) {
      const piece = this.#queue[this.#next++]!
      this.#underWay += 1
      this.#check.verify(this.#store, piece, (at, finding, failure) => {
        this.#underWay -= 1
        if (this.#cancelled) return
        if (failure?.code === 'storage/io') this.#give(at, failure)
        else if (finding?.contradicts) this.#give(at, inconsistentTorrent(piece, 'versions'), 'remote')
        else this.#hashed(at, piece, finding)
      })
    }
    if (this.#underWay === 0 && this.#next >= this.#queue.length && !this.#cancelled) {
      this.#cancelled = true
      const foreign = this.#full && this.#have.count === 0 && this.#foreign > 0
      this.#done(now, { have: this.#have, foreign, lost: this.#lost })
    }
  }

  /** Gives up. */
  #give(now: Micros, failure: Failure, kind?: ErrorKind): void {
    this.#cancelled = true
    this.#failed(now, failure, kind)
  }

  #hashed(now: Micros, piece: number, finding: PieceFinding | undefined): void {
    if (finding?.right) {
      this.#have.add(piece)
    } else if (!this.#full && this.#changed.has(piece)) {
      this.#lost = true
    } else if (!this.#full && this.#have.has(piece)) {
      this.#lost = true
      this.#distrust(piece)
    } else if (finding === undefined || !finding.isBlank()) {
      this.#foreign += 1
    }
    this.#go(now)
  }

  /** A trusted piece is wrong: its files are not what the journal knew, so nothing that it says of them counts any more. */
  #distrust(piece: number): void {
    this.#have.remove(piece)
    const start = this.#geometry.offsetOf(piece)
    const files = new Set<number>()
    for (const { index } of this.#filesUnder(start, start + this.#geometry.lengthOf(piece)))
      if (!this.#distrusted.has(index)) files.add(index)
    if (files.size === 0) return
    const asked = new Set(this.#queue)
    for (const file of files) {
      this.#distrusted.add(file)
      const { offset, length } = this.#info.files[file]!
      const last = Math.floor((offset + length - 1) / this.#info.pieceLength)
      for (let other = Math.floor(offset / this.#info.pieceLength); other <= last; other++) {
        if (asked.has(other) || !this.#have.has(other)) continue
        this.#have.remove(other)
        this.#changed.add(other)
        this.#queue.push(other)
      }
    }
  }

  /** Whether every file under `piece` exists and reaches as far. */
  #present(piece: number): boolean {
    if (this.#isWhole) return true
    const start = this.#geometry.offsetOf(piece)
    const end = start + this.#geometry.lengthOf(piece)
    return this.#filesUnder(start, end).every(({ index, until }) => this.#opened.lengths[index]! >= until)
  }

  #isIn(piece: number, files: ReadonlySet<number>): boolean {
    const start = this.#geometry.offsetOf(piece)
    const under = this.#filesUnder(start, start + this.#geometry.lengthOf(piece))
    return under.some(({ index }) => files.has(index))
  }

  /** Whether a file under `piece` reaches into it: what lies before and beyond says nothing of this piece. */
  #touchesData(piece: number): boolean {
    const start = this.#geometry.offsetOf(piece)
    return this.#filesUnder(start, start + this.#geometry.lengthOf(piece)).some(
      ({ index, from }) => this.#opened.lengths[index]! > from,
    )
  }

  #filesUnder(start: number, end: number): { index: number; from: number; until: number }[] {
    const under: { index: number; from: number; until: number }[] = []
    const files = this.#info.files
    for (let index = this.#firstFile(start); index < files.length; index++) {
      const file = files[index]!
      if (file.offset >= end) break
      if (file.pad || file.length === 0 || file.offset + file.length <= start) continue
      const from = Math.max(0, start - file.offset)
      under.push({ index, from, until: Math.min(file.length, end - file.offset) })
    }
    return under
  }

  /** The last file that begins at or before `offset` (files are in order, so a binary search does). */
  #firstFile(offset: number): number {
    let low = 0
    let high = this.#info.files.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#info.files[middle]!.offset <= offset) low = middle
      else high = middle - 1
    }
    while (low > 0 && this.#info.files[low - 1]!.offset + this.#info.files[low - 1]!.length > offset) low -= 1
    return low
  }
}
