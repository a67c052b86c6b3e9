import type { Info } from '../codec/metainfo.ts'
import { Bitfield } from '../core/bitfield.ts'
import type { ErrorKind } from '../core/errors.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { PieceCheck, PieceFinding } from '../swarm/piece-check.ts'
import { changedFiles } from './changed-files.ts'
import { ForeignFiles } from './foreign-files.ts'
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
  /** Files that nobody knows as ours, that are not blank, and of which no piece fits: somebody else's. */
  readonly foreign: readonly number[]
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
  readonly #known: readonly boolean[]
  #foreign = new ForeignFiles()
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
    /** Files that are known as ours, whatever they hold. */
    readonly known: readonly boolean[]
    readonly done: (now: Micros, result: CheckResult) => void
    /** The disk fails, so that nothing is known of what is on it; or the torrent contradicts itself. */
    readonly failed: (now: Micros, failure: Failure, kind?: ErrorKind) => void
  }) {
    this.#store = init.store
    this.#info = init.info
    this.#geometry = init.geometry
    this.#check = init.check
    this.#opened = init.opened
    this.#known = init.known
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
    const strange = this.#strangeFiles()
    if (!journal.whole || strange.size > 0) this.#unrecorded(journal, strange)
    this.#go(now)
  }

  /** Pieces of which the journal says nothing, of all files or of those that it does not know: they are looked at as if there were none. */
  #unrecorded({ trusted, doubtful, whole }: JournalContent, strange: ReadonlySet<number>): void {
    for (let piece = 0; piece < this.#geometry.pieceCount; piece++) {
      if (trusted.has(piece) || doubtful.has(piece) || (whole && !this.#isIn(piece, strange))) continue
      this.#look(piece)
    }
  }

  /** There is something of them, and nobody knows them as ours. */
  #strangeFiles(): ReadonlySet<number> {
    const { lengths } = this.#opened
    return new Set([...lengths.keys()].filter((file) => lengths[file]! > 0 && !this.#known[file]))
  }

  cancel(): void {
    this.#cancelled = true
  }

  #everything(now: Micros): void {
    this.#full = true
    this.#foreign = new ForeignFiles()
    this.#have.clear()
    this.#queue = []
    this.#next = 0
    for (let piece = 0; piece < this.#geometry.pieceCount; piece++) this.#look(piece)
    this.#go(now)
  }

  #look(piece: number): void {
    if (this.#present(piece)) this.#queue.push(piece)
    else this.#foreign.found(this.#withData(piece), 'other')
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
      const foreign = this.#foreign.list.filter((file) => !this.#known[file])
      this.#done(now, { have: this.#have, foreign, lost: this.#lost })
    }
  }

  /** Gives up. */
  #give(now: Micros, failure: Failure, kind?: ErrorKind): void {
    this.#cancelled = true
    this.#failed(now, failure, kind)
  }

  #hashed(now: Micros, piece: number, finding: PieceFinding | undefined): void {
    this.#judge(piece, finding)
    if (finding?.right) {
      this.#have.add(piece)
    } else if (!this.#full && this.#changed.has(piece)) {
      this.#lost = true
    } else if (!this.#full && this.#have.has(piece)) {
      this.#lost = true
      this.#distrust(piece)
    }
    this.#go(now)
  }

  /** Zeros say nothing of whose a file is, though they be right: any file may have holes there. */
  #judge(piece: number, finding: PieceFinding | undefined): void {
    if (finding?.isBlank()) return
    this.#foreign.found(this.#withData(piece), finding?.right ? 'ours' : 'other')
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

  /** The files under `piece` that reach into it: what lies before and beyond says nothing of this piece. */
  #withData(piece: number): readonly number[] {
    const start = this.#geometry.offsetOf(piece)
    const under = this.#filesUnder(start, start + this.#geometry.lengthOf(piece))
    return under.flatMap(({ index, from }) => (this.#opened.lengths[index]! > from ? [index] : []))
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
