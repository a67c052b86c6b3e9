import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PiecePicker } from './piece-picker.ts'
import type { PieceTracker } from './piece-tracker.ts'
import type { WorkLine } from './work-line.ts'

/** How often peers without work are looked at for a piece to take over. */
const INTERVAL = 5 * SECOND
/** A torrent to which no block has come for so long gives up a piece, while another waits for memory. */
const HOARDING = 30 * SECOND

interface ReliefInit {
  readonly tracker: PieceTracker
  readonly picker: PiecePicker
  /** Peers that could work and found nothing to do. */
  readonly hungry: WorkLine<PeerSlot>
  /** The disk fails. */
  troubled(): boolean
  /** What has come of an open piece, or of a full one that cannot be written, is forgotten. */
  giveUp(piece: number): void
}

/** Gives up open pieces that are in the way: of our peers without work, or of other torrents that wait for memory. One at a time. */
export class Relief {
  readonly #init: ReliefInit
  #at: Micros
  /** When a block last came, or a piece was given up. */
  #gotAt: Micros

  constructor(now: Micros, init: ReliefInit) {
    this.#init = init
    this.#at = now + INTERVAL
    this.#gotAt = now
  }

  /** A block has come. */
  got(now: Micros): void {
    this.#gotAt = now
  }

  tick(now: Micros): void {
    if (now < this.#at) return
    this.#at = now + INTERVAL
    this.#share(now)
    this.#relieve()
  }

  get deadline(): Micros {
    const { hungry, tracker } = this.#init
    const idle = hungry.size === 0 && !tracker.account.contended
    return tracker.complete || idle ? NEVER : this.#at
  }

  /** Peers that could work and have nothing are asked again for what they refused; failing that, an open piece that blocks them is given up. */
  #relieve(): void {
    const { giveUp, hungry, picker } = this.#init
    for (const slot of hungry) {
      if (slot.peer.outstanding > 0 || slot.peer.choking) continue
      if (slot.forgive()) {
        slot.peer.refillSoon()
        continue
      }
      const piece = picker.relieve(slot)
      if (piece < 0) continue
      giveUp(piece)
      return
    }
  }

  /** Others that wait for memory get what is of no use here; who waits itself asks again. */
  #share(now: Micros): void {
    const { giveUp, hungry, tracker, troubled } = this.#init
    if (!tracker.account.contended) return
    if (hungry.size > 0) tracker.account.insist(now)
    if (now < this.#gotAt + HOARDING) return
    this.#gotAt = now
    for (const { piece } of tracker.records()) {
      // A full one comes back by itself, unless the disk refuses it.
      if (tracker.stateOf(piece) === 'full' && !troubled()) continue
      giveUp(piece)
      return
    }
  }
}
