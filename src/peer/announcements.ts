import { FRAME, MESSAGE } from '../codec/wire.ts'
import type { Micros } from '../core/time.ts'
import type { Availability } from './availability.ts'
import type { Link } from './link.ts'

/** What we tell the remote once per round: whether we are interested, and which pieces we have got (BEP 3). */
export class Announcements<Peer> {
  interested = false
  readonly #link: Link<Peer>
  readonly #availability: Availability<Peer>
  #saidInterested = false
  /** Pieces to be announced, in order; at most one entry per piece of the torrent. */
  #haves: number[] = []

  constructor(link: Link<Peer>, availability: Availability<Peer>) {
    this.#link = link
    this.#availability = availability
  }

  have(piece: number): void {
    this.#haves.push(piece)
  }

  settle(now: Micros): void {
    const { outbox, options, flood } = this.#link
    if (this.interested !== this.#saidInterested) {
      this.#saidInterested = this.interested
      outbox.simple(now, this.interested ? MESSAGE.interested : MESSAGE.notInterested)
    }
    if (this.#haves.length === 0) return
    flood.news()
    const room = Math.max(0, Math.ceil((options.watermark - outbox.unsent) / FRAME.index))
    for (const piece of this.#haves.slice(0, room)) {
      // Whoever has it learns nothing from hearing it.
      if (!this.#availability.has(piece)) outbox.index(now, MESSAGE.have, piece)
    }
    this.#haves = this.#haves.slice(room)
  }
}
