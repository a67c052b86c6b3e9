import { equalBytes } from '../core/bytes.ts'
import type { Geometry } from '../core/geometry.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import { DIGEST_LENGTH } from './block-evidence.ts'
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
  /** Long pieces: the digests of the blocks of runs that are full. */
  readonly landed: Uint8Array | undefined
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
  /** What was written could not be had back, lately. */
  #distrusted = false
  /** Trouble was told, and no recovery since. */
  #told = false

  /** `hashes`: 20 bytes per piece, as in the metainfo. */
  constructor(geometry: Geometry, store: PieceStore, hashes: Uint8Array, outcome: FinisherOutcome) {
    this.#geometry = geometry
    this.#store = store
    this.#hashes = hashes
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
    if (job.lacking![run] === 0) {
      const begin = run * unit
      const bytes = Math.min(unit, length - begin)
      this.#owe(job, bytes)
      this.#land(job, begin, bytes)
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

  #begin(piece: number): Job {
    const length = this.#geometry.lengthOf(piece)
    let lacking: Uint16Array | undefined
    let landed: Uint8Array | undefined
    const unit = runOf(length)
    if (length > unit) {
      lacking = new Uint16Array(Math.ceil(length / unit))
      landed = new Uint8Array(DIGEST_LENGTH * this.#geometry.blocksOf(piece))
      for (let run = 0; run < lacking.length; run++) {
        lacking[run] = Math.ceil(Math.min(unit, length - run * unit) / BLOCK_LENGTH)
      }
    }
    const job: Job = { piece, lacking, flushing: 0, recorded: false, held: [], full: false, landed, owed: 0 }
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
    this.#store.hash(piece, (now, digest, failure) => {
      if (this.#jobs.get(piece) !== job) return
      if (digest === undefined) this.#unreadable(now, job, failure!)
      else if (!equalBytes(digest, this.#hashes.subarray(20 * piece, 20 * piece + 20))) this.#accuse(job)
      else if (this.#outcome.awaits(piece)) this.#compare(now, job)
      else this.#keep(now, job)
    })
  }

  /** The hash is wrong. */
  #accuse(job: Job): void {
    const { piece, landed } = job
    this.#digest(job, 0, this.#geometry.lengthOf(piece), (now, digests) => {
      if (landed !== undefined && !equalBytes(landed, digests)) {
        const message = `What was written of piece ${piece} is not what the disk gives back.`
        this.#unreadable(now, job, { code: 'storage/io', message })
        return
      }
      this.#giveUp(job)
      this.#outcome.wrong(now, piece, digests)
    })
  }

  /** The hash is right, and once it was wrong. */
  #compare(now: Micros, job: Job): void {
    const { piece, landed } = job
    const tell = (at: Micros, digests: Uint8Array): void => {
      this.#outcome.right(at, piece, digests)
      this.#keep(at, job)
    }
    if (landed === undefined) this.#digest(job, 0, this.#geometry.lengthOf(piece), tell)
    else tell(now, landed)
  }

  #keep(now: Micros, job: Job): void {
    if (job.lacking === undefined) this.#flush(job, 0, this.#geometry.lengthOf(job.piece))
    else this.#finish(now, job)
  }

  /** Takes the digests of blocks; when they cannot be had, that is the end of the piece. */
  #digest(job: Job, begin: number, length: number, done: (now: Micros, digests: Uint8Array) => void): void {
    this.#store.digests(job.piece, begin, length, (now, digests, failure) => {
      if (this.#jobs.get(job.piece) !== job) return
      if (digests === undefined) this.#unreadable(now, job, failure!)
      else done(now, digests)
    })
  }

  /** Fetched again at once, it would meet the same disk. */
  #unreadable(now: Micros, job: Job, failure: StoreFailure): void {
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

  #giveUp(job: Job): void {
    this.#drop(job)
    this.#store.release(job.piece, 0, this.#geometry.lengthOf(job.piece))
  }

  /** A run of a long piece is full. */
  #land(job: Job, begin: number, length: number): void {
    job.flushing += 1
    this.#digest(job, begin, length, (_now, digests) => {
      job.landed!.set(digests, (begin / BLOCK_LENGTH) * DIGEST_LENGTH)
      job.flushing -= 1
      this.#flush(job, begin, length)
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
