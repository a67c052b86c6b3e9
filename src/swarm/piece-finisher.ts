import { equalBytes } from '../core/bytes.ts'
import type { Geometry } from '../core/geometry.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import { runOf } from './run-length.ts'
import type { PieceStore, StoreDone, StoreFailure } from './torrent-effects.ts'

/** After a failed write, it is tried again. */
const RETRY_DELAY = 5 * SECOND

/** Who learns what became of a full piece. */
export interface FinisherOutcome {
  /** `bytes` wait for the disk from now on; negative: no longer. */
  owed(bytes: number): void
  /** A part of a long piece is on the disk, and no longer in memory. */
  written(piece: number, length: number): void
  /** Hash right, write returned. */
  finished(now: Micros, piece: number): void
  /** Hash wrong: its memory is given up already. */
  wrong(now: Micros, piece: number): void
  /** It could not be read back: nobody's fault but the disk's. */
  unreadable(now: Micros, piece: number): void
  /** Writes fail; they are kept and tried again. */
  trouble(now: Micros, failure: StoreFailure): void
  recovered(now: Micros): void
}

/** A piece on its way from the first block to the disk. */
interface Job {
  readonly piece: number
  /** Long pieces: blocks that each run still lacks. */
  readonly lacking: Uint16Array | undefined
  /** Writes that have not returned. */
  flushing: number
  /** The journal knows that it is being written. */
  recorded: boolean
  /** What is to be written once it does. */
  readonly held: { readonly begin: number; readonly length: number }[]
  full: boolean
  /** Bytes that wait for the disk. */
  owed: number
}

/** Brings full pieces onto the disk: hash, write, report. Nothing is reported as had before its write returned. */
export class PieceFinisher {
  readonly #geometry: Geometry
  readonly #store: PieceStore
  readonly #hashes: Uint8Array
  readonly #outcome: FinisherOutcome
  readonly #jobs = new Map<number, Job>()
  /** Writes to be tried again, in order. */
  #waiting: { readonly job: Job; readonly begin: number; readonly length: number }[] = []
  #retryAt: Micros = NEVER
  #retrying = 0

  /** `hashes`: 20 bytes per piece, as in the metainfo. */
  constructor(geometry: Geometry, store: PieceStore, hashes: Uint8Array, outcome: FinisherOutcome) {
    this.#geometry = geometry
    this.#store = store
    this.#hashes = hashes
    this.#outcome = outcome
  }

  /** Writes fail at present. */
  get troubled(): boolean {
    return this.#waiting.length > 0 || this.#retrying > 0
  }

  /** A block of an open piece has come. */
  block(piece: number, block: number): void {
    const length = this.#geometry.lengthOf(piece)
    const unit = runOf(length)
    if (unit === length) return
    const job = this.#jobs.get(piece) ?? this.#begin(piece)
    const run = Math.floor((block * BLOCK_LENGTH) / unit)
    job.lacking![run]! -= 1
    if (job.lacking![run] === 0) {
      const begin = run * unit
      const bytes = Math.min(unit, length - begin)
      this.#owe(job, bytes)
      this.#flush(job, begin, bytes)
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
    if (job !== undefined) this.#drop(job)
    this.#store.release(piece, 0, this.#geometry.lengthOf(piece))
  }

  tick(now: Micros): void {
    if (now < this.#retryAt) return
    this.#retryAt = NEVER
    const again = this.#waiting
    this.#waiting = []
    this.#retrying = again.length
    for (const { job, begin, length } of again) this.#write(job, begin, length, true)
  }

  nextDeadline(): Micros {
    return this.#retryAt
  }

  #begin(piece: number): Job {
    const length = this.#geometry.lengthOf(piece)
    let lacking: Uint16Array | undefined
    const unit = runOf(length)
    if (length > unit) {
      lacking = new Uint16Array(Math.ceil(length / unit))
      for (let run = 0; run < lacking.length; run++) {
        lacking[run] = Math.ceil(Math.min(unit, length - run * unit) / BLOCK_LENGTH)
      }
    }
    const job: Job = { piece, lacking, flushing: 0, recorded: false, held: [], full: false, owed: 0 }
    this.#jobs.set(piece, job)
    this.#store.recordWriting(piece, () => {
      job.recorded = true
      if (this.#jobs.get(piece) !== job) return
      for (const { begin, length: bytes } of job.held) this.#write(job, begin, bytes, false)
    })
    return job
  }

  #hash(job: Job): void {
    const { piece } = job
    this.#store.hash(piece, (now, digest) => {
      if (this.#jobs.get(piece) !== job) return
      if (digest === undefined) {
        this.#drop(job)
        this.#outcome.unreadable(now, piece)
      } else if (!equalBytes(digest, this.#hashes.subarray(20 * piece, 20 * piece + 20))) {
        this.#drop(job)
        this.#store.release(piece, 0, this.#geometry.lengthOf(piece))
        this.#outcome.wrong(now, piece)
      } else if (job.lacking === undefined) {
        this.#flush(job, 0, this.#geometry.lengthOf(piece))
      } else {
        this.#finish(now, job)
      }
    })
  }

  #flush(job: Job, begin: number, length: number): void {
    job.flushing += 1
    if (job.recorded) this.#write(job, begin, length, false)
    else job.held.push({ begin, length })
  }

  #write(job: Job, begin: number, length: number, again: boolean): void {
    const done: StoreDone<undefined> = (now, _value, failure) => {
      if (again) this.#retrying -= 1
      if (this.#jobs.get(job.piece) !== job) return
      if (failure !== undefined) {
        const first = this.#waiting.length === 0 && !again
        this.#waiting.push({ job, begin, length })
        this.#retryAt = now + RETRY_DELAY
        if (first) this.#outcome.trouble(now, failure)
        return
      }
      if (again && !this.troubled) this.#outcome.recovered(now)
      job.flushing -= 1
      this.#store.release(job.piece, begin, length)
      this.#owe(job, -length)
      if (job.lacking !== undefined) this.#outcome.written(job.piece, length)
      if (job.lacking === undefined) this.#finish(now, job)
      else if (job.full && job.flushing === 0) this.#hash(job)
    }
    this.#store.flush(job.piece, begin, length, done)
  }

  #finish(now: Micros, job: Job): void {
    this.#drop(job)
    this.#outcome.finished(now, job.piece)
  }

  #owe(job: Job, bytes: number): void {
    job.owed += bytes
    this.#outcome.owed(bytes)
  }

  #drop(job: Job): void {
    this.#jobs.delete(job.piece)
    this.#owe(job, -job.owed)
    this.#waiting = this.#waiting.filter((entry) => entry.job !== job)
  }
}
