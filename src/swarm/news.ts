import { MILLISECOND, type Micros, NEVER } from '../core/time.ts'
import type { PeerSlot } from './peer-slot.ts'

/** How many hear of a piece at once, beside those that we serve: who heard longest ago first. */
const AT_ONCE = 32
/** When the others hear of all that has come meanwhile: to walk through a thousand peers costs more than what they are told. */
const INTERVAL = 500 * MILLISECOND

/** Pieces that we have got, and who has heard of them. What a peer can do nothing with yet it may keep a little longer (`announceHave`). */
export class News {
  /** One that a piece would make interested could be let in. */
  readonly #hasFreeSlot: () => boolean
  readonly #peers = new Set<PeerSlot>()
  readonly #served = new Set<PeerSlot>()
  /** What not all have heard of, in order, and how many pieces came before. */
  #pieces: number[] = []
  #before = 0
  #tellAt: Micros = NEVER

  constructor(hasFreeSlot: () => boolean) {
    this.#hasFreeSlot = hasFreeSlot
  }

  /** When the next tick is due. */
  get deadline(): Micros {
    return this.#tellAt
  }

  /** Its bitfield told it what we had until now. */
  enter(slot: PeerSlot): void {
    slot.heard = this.#before + this.#pieces.length
    this.#peers.add(slot)
  }

  gone(slot: PeerSlot): void {
    this.#peers.delete(slot)
    this.#served.delete(slot)
  }

  /** Whether we serve it, which may then ask for what it hears of. */
  serves(now: Micros, slot: PeerSlot, served: boolean): void {
    if (!served) this.#served.delete(slot)
    else {
      this.#served.add(slot)
      this.#tell(now, slot)
    }
  }

  /** We have got `piece`. */
  got(now: Micros, piece: number): void {
    this.#pieces.push(piece)
    if (this.#peers.size <= AT_ONCE) {
      this.#tellAll(now)
      return
    }
    for (const slot of this.#served) this.#tell(now, slot)
    let left = AT_ONCE
    for (const slot of this.#peers) {
      if (left-- === 0) break
      this.#peers.delete(slot)
      this.#peers.add(slot)
      this.#tell(now, slot)
    }
    if (this.#tellAt === NEVER) this.#tellAt = now + INTERVAL
  }

  tick(now: Micros): void {
    if (now >= this.#tellAt) this.#tellAll(now)
  }

  #tellAll(now: Micros): void {
    for (const slot of this.#peers) this.#tell(now, slot)
    this.#before += this.#pieces.length
    this.#pieces = []
    this.#tellAt = NEVER
  }

  #tell(now: Micros, slot: PeerSlot): void {
    const { held, peer } = slot
    const soon = this.#hasFreeSlot() && !peer.interested
    const unheard = Math.max(0, slot.heard - this.#before)
    for (let nth = unheard; nth < this.#pieces.length; nth++) {
      const piece = this.#pieces[nth]!
      // As the connection itself holds it (`Announcements`); half of a crowd may have it already, and asking each connection is what costs.
      if (held.full || !held.has(piece)) peer.announceHave(now, piece, soon)
    }
    slot.heard = this.#before + this.#pieces.length
  }
}
