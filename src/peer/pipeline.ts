import { type Micros, NEVER } from '../core/time.ts'
import { BlockTimer } from './block-timer.ts'
import { DepthControl } from './depth-control.ts'
import type { PeerOptions } from './options.ts'

/** A request that waits for its block. Reused once it has ended: do not keep. */
export interface Pending {
  piece: number
  begin: number
  length: number
  sentAt: Micros
  older: Pending | undefined
  newer: Pending | undefined
}

/**
 * Our outstanding requests, oldest first. Remotes answer in order, so a search from the oldest end finds a block at its
 * first step. Entries are reused: nothing is allocated once the list has been at its longest.
 */
export class Pipeline {
  readonly depth: DepthControl
  readonly #timer: BlockTimer
  readonly #maxAge: Micros
  #oldest: Pending | undefined
  #newest: Pending | undefined
  #spare: Pending | undefined
  #size = 0

  constructor(now: Micros, options: PeerOptions) {
    this.depth = new DepthControl(now, options)
    this.#timer = new BlockTimer(now, options)
    this.#maxAge = options.maxBlockAge
  }

  get size(): number {
    return this.#size
  }

  get oldest(): Pending | undefined {
    return this.#oldest
  }

  get full(): boolean {
    return this.#size >= this.depth.depth
  }

  find(piece: number, begin: number): Pending | undefined {
    let entry = this.#oldest
    while (entry !== undefined && (entry.begin !== begin || entry.piece !== piece)) entry = entry.newer
    return entry
  }

  /** Notes a request that is being sent now. */
  add(now: Micros, piece: number, begin: number, length: number): void {
    if (this.#size === 0) this.depth.resume(now)
    const entry = this.#spare ?? { piece, begin, length, sentAt: now, older: undefined, newer: undefined }
    this.#spare = entry.newer
    entry.piece = piece
    entry.begin = begin
    entry.length = length
    entry.sentAt = now
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
    this.#size += 1
  }

  /** Takes `entry` out; it stays readable until the next `add`. */
  remove(entry: Pending): void {
    if (entry.older) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer) entry.newer.older = entry.older
    else this.#newest = entry.older
    entry.older = undefined
    entry.newer = this.#spare
    this.#spare = entry
    this.#size -= 1
  }

  /** A block of `bytes` that was requested at `sentAt` has arrived, in time or late. */
  arrived(now: Micros, bytes: number, sentAt: Micros): void {
    const took = this.#timer.arrived(now, sentAt)
    this.depth.received(now, bytes, took, now - sentAt)
  }

  /** When `overdue` may change. */
  get deadline(): Micros {
    const oldest = this.#oldest
    if (oldest === undefined) return NEVER
    return Math.min(this.#timer.deadline(oldest.sentAt), oldest.sentAt + this.#maxAge)
  }

  /**
   * What has run out of time. `all`: no block came for too long, and the depth falls to one. `oldest`: blocks come, but
   * that one was passed over.
   */
  overdue(now: Micros): 'none' | 'oldest' | 'all' {
    const oldest = this.#oldest
    if (oldest === undefined || now < this.deadline) return 'none'
    if (now < this.#timer.deadline(oldest.sentAt)) return 'oldest'
    this.#timer.failed()
    this.depth.stall()
    return 'all'
  }
}
