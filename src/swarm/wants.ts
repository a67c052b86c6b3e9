import type { Micros } from '../core/time.ts'
import type { Download } from './download.ts'
import type { Interest } from './interest.ts'

/** What is wanted of a torrent, which may change while it runs: its files' levels, and what is read as it arrives. */
export class Wants {
  readonly #download: Download
  readonly #interest: Interest
  readonly #completeness: (now: Micros) => void

  /** `completeness` is called when we have all that we want from now on, or want more. */
  constructor(download: Download, interest: Interest, completeness: (now: Micros) => void) {
    this.#download = download
    this.#interest = interest
    this.#completeness = completeness
  }

  /** Pieces are wanted as much as `levels` says (`Level` of each). */
  select(now: Micros, levels: Uint8Array): void {
    this.#change(now, () => this.#download.select(now, levels))
  }

  /** A reader is at piece `from` and will go on to `to`: these come before all else, as far ahead as `readAhead`. */
  read(now: Micros, reader: number, from: number, to: number): void {
    this.#change(now, () => this.#download.read(now, reader, from, to))
  }

  /** It reads no more. */
  leave(now: Micros, reader: number): void {
    this.#change(now, () => this.#download.leave(now, reader))
  }

  /** Who is interesting, and whether we have all, is looked at anew. */
  #change(now: Micros, change: () => void): void {
    const { complete, tracker } = this.#download
    const { revision } = tracker
    change()
    if (tracker.revision === revision) return
    this.#interest.reviewAll(now)
    if (this.#download.complete !== complete) this.#completeness(now)
  }
}
