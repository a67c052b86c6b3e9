import type { RateLimit } from '../core/rate-limit.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { PeerSlot } from './peer-slot.ts'
import { WorkLine } from './work-line.ts'

/** Peers that would take requests and got none: there was no work for them, or the limit or the disk allowed none. */
export class WaitingPeers {
  readonly #limit: RateLimit
  readonly #hungry = new WorkLine<PeerSlot>()
  readonly #held = new Set<PeerSlot>()
  #limitAllowsAt: Micros = NEVER
  /** Something was asked for since the limit was last in the way. */
  #hadShare = false

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  /** Those that found no work: whom to ask again when some appears. */
  get hungry(): WorkLine<PeerSlot> {
    return this.#hungry
  }

  /** Whether the limit or the disk keeps it waiting. */
  isHeld(slot: PeerSlot): boolean {
    return this.#held.has(slot)
  }

  forWork(slot: PeerSlot): void {
    this.#hungry.add(slot)
  }

  forDisk(slot: PeerSlot): void {
    this.#held.add(slot)
  }

  /** Who has had a share asks a moment after others of the session: else the first torrent would be the first each time. */
  forLimit(now: Micros, slot: PeerSlot): void {
    this.#held.add(slot)
    if (this.#limitAllowsAt !== NEVER) return
    this.#limitAllowsAt = this.#limit.readyAt(now) + (this.#hadShare ? 1 : 0)
    this.#hadShare = false
  }

  /** Something was asked of a peer; `waited`: of one that had found no work. */
  served(waited: boolean): void {
    this.#hadShare = true
    if (waited) this.#hungry.found()
  }

  /** It waits no longer. Whether it waited for work. */
  leave(slot: PeerSlot): boolean {
    this.#held.delete(slot)
    return this.#hungry.delete(slot)
  }

  /** Neither limit nor disk are in the way: who waited for them asks again. */
  resume(): void {
    for (const slot of this.#held) slot.peer.refillSoon()
    this.#held.clear()
  }

  /** The limit is another. */
  limitChanged(): void {
    this.#limitAllowsAt = NEVER
    this.resume()
  }

  tick(now: Micros): void {
    if (now >= this.#limitAllowsAt) this.limitChanged()
  }

  get deadline(): Micros {
    return Math.min(this.#limitAllowsAt, this.#hungry.deadline)
  }
}
