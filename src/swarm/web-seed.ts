import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import { RateMeter } from '../core/rate.ts'
import type { Micros } from '../core/time.ts'
import type { Download } from './download.ts'
import type { Helper } from './download-init.ts'
import type { Padding } from './padding.ts'
import type { PeerKey } from './piece-tracker.ts'
import { type Run, WebPicker } from './web-picker.ts'

/** Keys of web seeds count down from here; those of peers count up from 1. */
const LAST_KEY = 2 ** 31 - 1

/** Asked for at once: at first, and at most, while it sends what it is asked for. */
const FIRST_RUN = 1024 * 1024
const LONGEST_RUN = 16 * 1024 * 1024

/**
 * A web server that has the content (BEP 19), as the swarm knows it: a supplier that has everything, and is asked for runs of bytes in
 * place of blocks. What it has been asked for and has not sent is the others' again when the run ends early.
 */
export class WebSeed implements Helper {
  readonly key: PeerKey
  supplied = false
  suspect = false
  /** Wrong data came from it. */
  guilty = false
  readonly #download: Download
  readonly #geometry: Geometry
  readonly #padding: Padding
  readonly #picker: WebPicker
  readonly #down = new RateMeter()
  readonly #convicted: (now: Micros) => void
  #run: Run | undefined
  /** Where in the content the next byte belongs. */
  #at = 0
  /** Whether the block that is coming is of use. */
  #wanted = false
  #most = FIRST_RUN

  /** `index`: of all that the torrent has had. */
  constructor(download: Download, index: number, convicted: (now: Micros) => void) {
    this.key = LAST_KEY - index
    this.#download = download
    this.#geometry = download.tracker.geometry
    this.#padding = download.padding
    this.#picker = new WebPicker(download, this)
    this.#convicted = convicted
    download.helpers.set(this.key, this)
  }

  get busy(): boolean {
    return this.#run !== undefined
  }

  /** It was given nothing to do, for a reason that passes soon. */
  get short(): boolean {
    return this.#picker.short
  }

  rate(now: Micros): number {
    return this.#down.rate(now)
  }

  convicted(now: Micros): void {
    this.guilty = true
    this.#convicted(now)
  }

  /** What to ask it for, if there is anything and memory for it; booked. Padding may lie within. */
  next(): Run | undefined {
    this.#run = this.guilty ? undefined : this.#picker.next(this.#most)
    this.#at = this.#run?.begin ?? 0
    return this.#run
  }

  /** The next bytes of the run; no more than it has. `view` is lent. */
  data(now: Micros, view: Uint8Array): void {
    this.#down.add(now, view.length)
    let from = 0
    while (from < view.length) {
      const piece = Math.floor(this.#at / this.#geometry.pieceLength)
      const within = this.#at - this.#geometry.offsetOf(piece)
      const block = Math.floor(within / BLOCK_LENGTH)
      const begin = block * BLOCK_LENGTH
      const end = begin + this.#geometry.blockLength(piece, block)
      const taken = Math.min(view.length - from, end - within)
      this.#take(now, piece, block, within - begin, view.subarray(from, from + taken))
      this.#at += taken
      from += taken
    }
    if (this.#run === undefined || this.#at < this.#run.end) return
    this.#run = undefined
    this.#most = Math.min(2 * this.#most, LONGEST_RUN)
  }

  /** What is left of the run does not come; `gone`: nor anything else. */
  release(gone: boolean): void {
    const run = this.#run
    this.#run = undefined
    this.#most = FIRST_RUN
    if (run !== undefined) {
      let at = this.#at - ((this.#at % this.#geometry.pieceLength) % BLOCK_LENGTH)
      while (at < run.end) {
        const piece = Math.floor(at / this.#geometry.pieceLength)
        const begin = at - this.#geometry.offsetOf(piece)
        const length = this.#geometry.blockLength(piece, begin / BLOCK_LENGTH)
        this.#download.released(this, { piece, begin, length }, true)
        at += length
      }
    }
    if (!gone) return
    this.#download.part(this)
    this.#download.helpers.delete(this.key)
  }

  #take(now: Micros, piece: number, block: number, offset: number, view: Uint8Array): void {
    const begin = block * BLOCK_LENGTH
    const length = this.#padding.lengthOf(piece, block)
    // What is padding is there already.
    if (offset >= length) return
    const payload = view.subarray(0, length - offset)
    if (offset === 0) {
      this.#wanted = this.#download.claim(this, piece, begin) === 'stream'
      if (!this.#wanted) this.#download.released(this, { piece, begin, length }, false)
    }
    if (!this.#wanted) {
      this.#download.wasted += payload.length
      return
    }
    this.#download.write(this, piece, begin + offset, payload)
    if (offset + payload.length === length) this.#download.block(now, this, piece, begin, length)
  }
}
