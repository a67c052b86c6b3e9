import { equalBytes } from '../core/bytes.ts'
import type { Geometry } from '../core/geometry.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { PieceCheck } from './piece-check.ts'
import { newJob, type PieceJob } from './piece-job.ts'
import { runOf } from './run-length.ts'
import type { PieceStore, StoreDone, StoreFailure } from './torrent-effects.ts'

/** After a failed write it is tried again; after a read that failed or lied, the disk is trusted again. */
const RETRY_DELAY = 5 * SECOND

/** Who learns what became of a full piece. */
export interface FinisherOutcome {
  /** `bytes` wait for the disk from now on; negative: no longer. */
  owed(bytes: number): void
  /** A part of a long piece is on the disk, and no longer in memory. */
  written(piece: number, length: number): void
  /** Hash right, write returned. */
  finished(now: Micros, piece: number): void
  /** Hash wrong: its memory is given up already. `digests`: of its blocks, as they came. */
  wrong(now: Micros, piece: number, digests: Uint8Array): void
  /** Right by one of its hashes and wrong by the other; its memory is given up already. */
  contradicts(piece: number): void
  /** It is wrong: `done` is called with the digests that its blocks should have, `undefined` when they cannot be had; perhaps at once. */
  truth(now: Micros, piece: number, done: (now: Micros, digests: Uint8Array | undefined) => void): void
  /** Of a wrong piece these blocks are wrong, and no others: they alone are to come again, by `block` and `full`. */
  spoilt(now: Micros, piece: number, blocks: readonly number[]): void
  /** Whether there is a wrong copy to compare the right one with. */
  awaits(piece: number): boolean
  /** Hash right, and `awaits` held: the digests of its blocks. Not written yet, or just so. */
  right(now: Micros, piece: number, digests: Uint8Array): void
  /** It cannot be read back, or not as it came: nobody's fault but the disk's. */
  unreadable(now: Micros, piece: number): void
  /** Writes fail, and are kept and tried again, or what was written is not there: nothing is to be requested until `recovered`. */
  trouble(now: Micros, failure: StoreFailure): void
  recovered(now: Micros): void
}

/** Brings full pieces onto the disk: hash, write, report. Nothing is reported as had before its write returned. */
export class PieceFinisher {
  readonly #geometry: Geometry
  readonly #store: PieceStore
  readonly #check: PieceCheck
  readonly #outcome: FinisherOutcome
  readonly #jobs = new Map<number, PieceJob>()
  /** Writes to be tried again, in order. */
  #waiting: { readonly job: PieceJob; readonly begin: number; readonly length: number }[] = []
  #retryAt: Micros = NEVER
  #retrying = 0
  /** What was written could not be had back, lately. */
  #distrusted = false
  /** Trouble was told, and no recovery since. */
  #told = false

  constructor(geometry: Geometry, store: PieceStore, check: PieceCheck, outcome: FinisherOutcome) {
    this.#geometry = geometry
    this.#store = store
    this.#check = check
    this.#outcome = outcome
  }

  /** The disk fails at present. */
  get troubled(): boolean {
    return this.#waiting.length > 0 || this.#retrying > 0 || this.#distrusted
  }

  /** Pieces that wait for their hash, and those of which something waits to be written. */
  get backlog(): { readonly hashing: number; readonly writing: number } {
    let hashing = 0
    let writing = 0
    for (const { full, flushing } of this.#jobs.values()) {
      if (flushing > 0) writing += 1
      else if (full) hashing += 1
    }
    return { hashing, writing }
  }

  /** A block of an open piece has come. */
  block(piece: number, block: number): void {
    const length = this.#geometry.lengthOf(piece)
    const unit = runOf(length)
    if (unit === length) return
    const job = this.#jobs.get(piece) ?? this.#begin(piece)
    const run = Math.floor((block * BLOCK_LENGTH) / unit)
    job.lacking![run]! -= 1
    if (job.lacking![run] !== 0) return
    const begin = run * unit
    const end = Math.min(begin + unit, length)
    if (job.mended === undefined) this.#land(job, begin, end - begin)
    else {
      for (const again of job.mended) {
        const at = again * BLOCK_LENGTH
        if (at >= begin && at < end) this.#land(job, at, this.#geometry.blockLength(piece, again))
      }
    }
  }

  /** All blocks of `piece` are here. */
  full(piece: number): void {
    const job = this.#jobs.get(piece) ?? this.#begin(piece)
    job.full = true
    if (job.lacking === undefined) this.#owe(job, this.#geometry.lengthOf(piece))
    if (job.flushing === 0) this.#hash(job)
  }

  /** What had come of an open piece is given up: its memory is released, and runs that are being written are forgotten. */
  restart(piece: number): void {
    const job = this.#jobs.get(piece)
    if (job !== undefined) this.#giveUp(job)
    else this.#store.release(piece, 0, this.#geometry.lengthOf(piece))
  }

  tick(now: Micros): void {
    if (now < this.#retryAt) return
    this.#retryAt = NEVER
    this.#distrusted = false
    const again = this.#waiting
    this.#waiting = []
    this.#retrying += again.length
    for (const { job, begin, length } of again) this.#write(job, begin, length, true)
    this.#recover(now)
  }

  nextDeadline(): Micros {
    return this.#retryAt
  }

  #begin(piece: number): PieceJob {
    const job = newJob(piece, this.#geometry, this.#check.digestLength)
    this.#jobs.set(piece, job)
    this.#store.recordWriting(piece, () => {
      job.recorded = true
      if (this.#jobs.get(piece) !== job) return
      for (const { begin, length: bytes } of job.held) this.#write(job, begin, bytes, false)
    })
    return job
  }

  #hash(job: PieceJob): void {
    const { piece } = job
    this.#check.verify(this.#store, piece, (now, finding, failure) => {
      if (this.#jobs.get(piece) !== job) return
      if (finding === undefined) this.#unreadable(now, job, failure!)
      else if (finding.contradicts) {
        this.#giveUp(job)
        this.#outcome.contradicts(piece)
      } else if (!finding.right) this.#accuse(now, job, finding.digests)
      else if (this.#outcome.awaits(piece)) this.#compare(now, job, finding.digests)
      else this.#keep(now, job)
    })
  }

  #hashWritten(job: PieceJob): void {
    // Of a run of which some blocks came again, no more than these is in memory.
    if (job.mended !== undefined) this.#store.release(job.piece, 0, this.#geometry.lengthOf(job.piece))
    this.#hash(job)
  }

  /** The hash is wrong. */
  #accuse(now: Micros, job: PieceJob, known: Uint8Array | undefined): void {
    const { piece, landed } = job
    this.#digest(now, job, known, (at, digests) => {
      if (landed !== undefined && !equalBytes(landed, digests)) {
        const message = `What was written of piece ${piece} is not what the disk gives back.`
        this.#unreadable(at, job, { code: 'storage/io', message })
        return
      }
      this.#outcome.truth(at, piece, (later, right) => {
        if (this.#jobs.get(piece) !== job) return
        const wrong = right === undefined ? [] : this.#differences(right, digests)
        if (wrong.length > 0) this.#mend(later, job, wrong)
        else {
          this.#giveUp(job)
          this.#outcome.wrong(later, piece, digests)
        }
      })
    })
  }

  #differences(right: Uint8Array, digests: Uint8Array): number[] {
    const { digestLength } = this.#check
    const blocks: number[] = []
    for (let at = 0; at + digestLength <= right.length; at += digestLength) {
      if (!equalBytes(right.subarray(at, at + digestLength), digests.subarray(at, at + digestLength)))
        blocks.push(at / digestLength)
    }
    return blocks
  }

  /** Some blocks are to come again, the others stay where they are. */
  #mend(now: Micros, job: PieceJob, blocks: readonly number[]): void {
    const { piece, lacking } = job
    job.full = false
    job.mended = new Set(blocks)
    this.#owe(job, -job.owed)
    if (lacking !== undefined) {
      const unit = runOf(this.#geometry.lengthOf(piece))
      for (const block of blocks) lacking[Math.floor((block * BLOCK_LENGTH) / unit)]! += 1
    }
    this.#outcome.spoilt(now, piece, blocks)
  }

  /** The hash is right, and once it was wrong. */
  #compare(now: Micros, job: PieceJob, known: Uint8Array | undefined): void {
    this.#digest(now, job, job.landed ?? known, (at, digests) => {
      this.#outcome.right(at, job.piece, digests)
      this.#keep(at, job)
    })
  }

  #keep(now: Micros, job: PieceJob): void {
    if (job.lacking === undefined) this.#flush(job, 0, this.#geometry.lengthOf(job.piece))
    else this.#finish(now, job)
  }

  /** Takes the digests of its blocks, unless they are known; when they cannot be had, that is the end of the piece. */
  #digest(
    now: Micros,
    job: PieceJob,
    known: Uint8Array | undefined,
    done: (now: Micros, digests: Uint8Array) => void,
  ): void {
    if (known !== undefined) done(now, known)
    else this.#digestRange(job, 0, this.#geometry.lengthOf(job.piece), done)
  }

  #digestRange(
    job: PieceJob,
    begin: number,
    length: number,
    done: (now: Micros, digests: Uint8Array) => void,
  ): void {
    this.#check.digests(this.#store, job.piece, begin, length, (now, digests, failure) => {
      if (this.#jobs.get(job.piece) !== job) return
      if (digests === undefined) this.#unreadable(now, job, failure!)
      else done(now, digests)
    })
  }

  /** Fetched again at once, it would meet the same disk. */
  #unreadable(now: Micros, job: PieceJob, failure: StoreFailure): void {
    this.#giveUp(job)
    this.#outcome.unreadable(now, job.piece)
    this.#distrusted = true
    this.#trouble(now, failure)
  }

  #trouble(now: Micros, failure: StoreFailure): void {
    this.#retryAt = now + RETRY_DELAY
    if (this.#told) return
    this.#told = true
    this.#outcome.trouble(now, failure)
  }

  #recover(now: Micros): void {
    if (!this.#told || this.troubled) return
    this.#told = false
    this.#outcome.recovered(now)
  }

  #giveUp(job: PieceJob): void {
    this.#drop(job)
    this.#store.release(job.piece, 0, this.#geometry.lengthOf(job.piece))
  }

  /** A run of a long piece is full, or a block of it has come again. */
  #land(job: PieceJob, begin: number, length: number): void {
    this.#owe(job, length)
    job.flushing += 1
    this.#digestRange(job, begin, length, (_now, digests) => {
      job.landed!.set(digests, (begin / BLOCK_LENGTH) * this.#check.digestLength)
      job.flushing -= 1
      this.#flush(job, begin, length)
    })
  }

  #flush(job: PieceJob, begin: number, length: number): void {
    job.flushing += 1
    if (job.recorded) this.#write(job, begin, length, false)
    else job.held.push({ begin, length })
  }

  #write(job: PieceJob, begin: number, length: number, again: boolean): void {
    const done: StoreDone<undefined> = (now, _value, failure) => {
      if (again) this.#retrying -= 1
      if (this.#jobs.get(job.piece) === job && failure !== undefined) {
        this.#waiting.push({ job, begin, length })
        this.#trouble(now, failure)
        return
      }
      this.#recover(now)
      if (this.#jobs.get(job.piece) !== job) return
      job.flushing -= 1
      this.#store.release(job.piece, begin, length)
      this.#owe(job, -length)
      if (job.lacking !== undefined) this.#outcome.written(job.piece, length)
      if (job.lacking === undefined) this.#finish(now, job)
      else if (job.full && job.flushing === 0) this.#hashWritten(job)
    }
    this.#store.flush(job.piece, begin, length, done)
  }

  #finish(now: Micros, job: PieceJob): void {
    this.#drop(job)
    this.#outcome.finished(now, job.piece)
  }

  #owe(job: PieceJob, bytes: number): void {
    job.owed += bytes
    this.#outcome.owed(bytes)
  }

  #drop(job: PieceJob): void {
    this.#jobs.delete(job.piece)
    this.#owe(job, -job.owed)
    this.#waiting = this.#waiting.filter((entry) => entry.job !== job)
  }
}
