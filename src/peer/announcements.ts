import { FRAME, MESSAGE } from '../codec/wire.ts'
import type { Bitfield } from '../core/bitfield.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { Availability } from './availability.ts'
import type { Downloads } from './downloads.ts'
import type { Link } from './link.ts'
import type { Uploads } from './uploads.ts'

/**
 * What we tell the remote: whether we are interested, and which pieces we have got (BEP 3). What it could do nothing with at
 * present waits a while, so that several go together or along with something else: what we have got, while we choke it; that
 * we are no longer interested, while it chokes us.
 */
export class Announcements<Peer> {
  interested = false
  readonly #link: Link<Peer>
  readonly #availability: Availability<Peer>
  readonly #downloads: Downloads<Peer>
  readonly #uploads: Uploads<Peer>
  #saidInterested = false
  /** Until when we keep to ourselves that we are not interested any more, and whether that is over. */
  #coolUntil: Micros = NEVER
  #cooled = false
  /** Pieces to be announced, in order; at most one entry per piece of the torrent. */
  #haves: number[] = []
  /** Until when they may wait, and whether that is over or one of them is of use to the remote now. */
  #waitUntil: Micros = NEVER
  #urgent = false

  constructor(
    link: Link<Peer>,
    availability: Availability<Peer>,
    downloads: Downloads<Peer>,
    uploads: Uploads<Peer>,
  ) {
    this.#link = link
    this.#availability = availability
    this.#downloads = downloads
    this.#uploads = uploads
  }

  /** When what waits is to be said at the latest. */
  get deadline(): Micros {
    return Math.min(this.#waitUntil, this.#coolUntil)
  }

  /** `soon`: it may not wait although we choke the remote. Whether the remote must be looked at for it; most of a crowd need not. */
  have(now: Micros, piece: number, soon: boolean): boolean {
    if (this.#isOldNews(piece)) return false
    const first = this.#haves.push(piece) === 1
    if (first) this.#waitUntil = now + this.#link.options.announceDelay
    this.#urgent ||= soon || this.#uploads.mayServe(piece)
    return first || this.#urgent || this.#link.outbox.spokeAt === now
  }

  /** What was to be said of `piece` is so no longer. */
  withdraw(piece: number): void {
    this.#haves = this.#haves.filter((other) => other !== piece)
  }

  /** We have got all of `ours`. */
  all(now: Micros, ours: Bitfield): void {
    for (let piece = 0; piece < ours.length; piece++) if (ours.has(piece)) this.have(now, piece, true)
  }

  tick(now: Micros): void {
    if (this.#waitUntil <= now) {
      this.#waitUntil = NEVER
      this.#urgent = true
    }
    if (this.#coolUntil <= now) {
      this.#coolUntil = NEVER
      this.#cooled = true
    }
  }

  /** Says whether we are interested: before what follows from it. */
  settleInterest(now: Micros): void {
    const changed = this.interested !== this.#saidInterested
    if (changed && !this.interested && this.#downloads.choking && !this.#cooled) {
      if (this.#coolUntil === NEVER) this.#coolUntil = now + this.#link.options.announceDelay
      return
    }
    this.#coolUntil = NEVER
    this.#cooled = false
    if (!changed) return
    this.#saidInterested = this.interested
    this.#link.outbox.simple(now, this.interested ? MESSAGE.interested : MESSAGE.notInterested)
  }

  /** Says what we have got: last in a round, along with what else was said. */
  settleHaves(now: Micros): void {
    if (this.#haves.length === 0) return
    const { outbox, options, flood } = this.#link
    if (!this.#urgent && outbox.spokeAt !== now) return
    flood.news()
    const room = Math.max(0, Math.ceil((options.watermark - outbox.unsent) / FRAME.index))
    outbox.haves(
      now,
      this.#haves.slice(0, room).filter((piece) => !this.#isOldNews(piece)),
    )
    this.#haves = this.#haves.slice(room)
    // What the remote has not taken leaves when it does.
    this.#waitUntil = NEVER
    this.#urgent = this.#haves.length > 0
  }

  /**
   * Who has it as well learns nothing from hearing it, save who has everything: a seed that hears nothing does not know what it has
   * given to nobody yet.
   */
  #isOldNews(piece: number): boolean {
    return this.#availability.has(piece) && this.#availability.pieces?.full !== true
  }
}
