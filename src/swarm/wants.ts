import type { Micros } from '../core/time.ts'
import type { Download } from './download.ts'
import type { Interest } from './interest.ts'
import type { Level } from './level.ts'

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
    this.#change(now, ({ tracker }) => {
      for (const [piece, level] of levels.entries()) tracker.setLevel(piece, level as Level)
    })
    this.#download.fillPads()
  }

  /** A reader is at piece `from` and will go on to `to`: these come before all else, as far ahead as `readAhead`. */
  read(now: Micros, reader: number, from: number, to: number): void {
    this.#change(now, ({ urgent }) => {
      if (urgent.read(reader, from, to)) this.#makeWay(now)
    })
  }

  /** It reads no more. */
  leave(now: Micros, reader: number): void {
    this.#change(now, ({ urgent }) => urgent.leave(reader))
  }

  /** What is under way of pieces that are not wanted any more is given up; who is interesting, and whether we have all, is looked at anew. */
  #change(now: Micros, change: (download: Download) => void): void {
    const { complete, tracker } = this.#download
    const { revision } = tracker.levels
    change(this.#download)
    if (tracker.levels.revision === revision) return
    for (const { piece } of [...tracker.records()])
      if (!tracker.wanted.has(piece) && tracker.stateOf(piece) === 'open') this.#download.giveUp(now, piece)
    this.#interest.reviewAll(now)
    if (this.#download.complete !== complete) this.#completeness(now)
  }

  /**
   * Somebody waits: what was asked for elsewhere, a second of each peer's line, would come first. It is asked for again later, and what is
   * on its way already is welcome.
   */
  #makeWay(now: Micros): void {
    const { tracker, urgent } = this.#download
    for (const { piece, requested } of [...tracker.records()])
      if (requested > 0 && !urgent.list.includes(piece)) this.#download.takeBack(now, piece)
  }
}
