import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import { Displacement } from './displacement.ts'
import type { PeerPool } from './peer-pool.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { Ranking } from './ranking.ts'

/** Who gets a place among the peers of a torrent, be it at another's cost. */
export class Admission {
  readonly #pool: PeerPool
  readonly #displacement: Displacement
  /** When we next look for somebody to part with for the sake of those that wait to be dialled. */
  #lookAt: Micros = 0

  constructor(slots: ReadonlyMap<PeerKey, PeerSlot>, pool: PeerPool, ranking: Ranking) {
    this.#pool = pool
    this.#displacement = new Displacement(
      () => slots.values(),
      (address) => pool.named(address),
      ranking,
    )
  }

  /** When `look` may do something. */
  get deadline(): Micros {
    return Math.max(this.#pool.stuckSince, this.#lookAt)
  }

  /** Parts with somebody, if it is time, for the sake of one that waits to be dialled. Whether it did. */
  look(now: Micros): boolean {
    if (now < this.deadline) return false
    this.#lookAt = now + this.#displacement.interval(now)
    return this.#displacement.part(now, this.#displacement.whom(now, undefined))
  }

  /** Whether there is a place for a peer that dials us from `address`, or could be. */
  hasRoom(now: Micros, address: Address): boolean {
    return this.#room(now, address, false) !== undefined
  }

  /**
   * Whether there is a place for a new peer, be it at the cost of a useless one. One that we dialled may find its own taken by those
   * that came meanwhile.
   */
  makeRoom(now: Micros, { outgoing, address }: PeerWire): boolean {
    const room = this.#room(now, address, outgoing)
    return room === 'free' || this.#displacement.part(now, room)
  }

  /** A place that is free, or whose it is that could go; `undefined`: there is none. */
  #room(now: Micros, address: Address, outgoing: boolean): PeerSlot | 'free' | undefined {
    const lacking = this.#pool.lacking(outgoing)
    if (lacking === 'nothing' || this.#pool.named(address)) return 'free'
    return this.#displacement.whom(now, address, ({ peer }) => lacking === 'incoming place' && peer.outgoing)
  }
}
