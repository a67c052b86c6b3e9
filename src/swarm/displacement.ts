import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import { SECOND } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { PeerPool } from './peer-pool.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { Lack } from './places.ts'
import type { Ranking } from './ranking.ts'
import { leastUseful } from './turnover.ts'

/** Between two times that somebody has to go for the sake of one that waits to be dialled, or of one that has dialled us; */
const INTERVAL = SECOND
/** the same while others do move something: then there is no hurry, and a crowd that trades does not keep reshuffling itself. */
const CALM_INTERVAL = 10 * SECOND

/** Makes room when every place is taken: one peer goes at a time, one with which nothing has moved (`turnover`). */
export class Displacement {
  readonly #slots: ReadonlyMap<PeerKey, PeerSlot>
  readonly #pool: PeerPool
  readonly #ranking: Ranking
  /** When we next look for somebody to part with for the sake of those that wait to be dialled. */
  #lookAt: Micros = 0
  /** Nobody is displaced before. */
  #calmUntil: Micros = 0
  /** When anything last moved. */
  #movedAt: Micros = Number.NEGATIVE_INFINITY

  constructor(slots: ReadonlyMap<PeerKey, PeerSlot>, pool: PeerPool, ranking: Ranking) {
    this.#slots = slots
    this.#pool = pool
    this.#ranking = ranking
  }

  /** Payload or metadata came from a peer, or went to one. */
  moved(now: Micros): void {
    this.#movedAt = now
  }

  /** When `look` may do something. */
  get deadline(): Micros {
    return Math.max(this.#pool.stuckSince, this.#lookAt)
  }

  /** Parts with somebody, if it is time, for the sake of one that waits to be dialled. Whether it did. */
  look(now: Micros): boolean {
    if (now < this.deadline) return false
    this.#lookAt = now + this.#interval(now)
    return this.#displace(now, this.#dispensable(now, 'place', undefined))
  }

  /** Whether there is a place for a peer that dials us from `address`, or could be. */
  hasRoom(now: Micros, address: Address): boolean {
    const lacking = this.#pool.lacking(false)
    if (lacking === 'nothing' || this.#pool.named(address)) return true
    return this.#dispensable(now, lacking, address) !== undefined
  }

  /**
   * Whether there is a place for a new peer, be it at the cost of a useless one. One that we dialled may find its own taken by those
   * that came meanwhile.
   */
  makeRoom(now: Micros, { outgoing, address }: PeerWire): boolean {
    const lacking = this.#pool.lacking(outgoing)
    if (lacking === 'nothing' || this.#pool.named(address)) return true
    return this.#displace(now, this.#dispensable(now, lacking, address))
  }

  /** Who could go now for the sake of `newcomer`, or of any that waits; never one that the user named (RS2). */
  #dispensable(
    now: Micros,
    lacking: Exclude<Lack, 'nothing'>,
    newcomer: Address | undefined,
  ): PeerSlot | undefined {
    if (now < this.#calmUntil) return undefined
    return leastUseful(now, this.#slots.values(), {
      spared: ({ peer }) => (lacking === 'incoming place' && peer.outgoing) || this.#pool.named(peer.address),
      rankOf: ({ peer }) => this.#ranking(peer.address),
      newcomer: newcomer && this.#ranking(newcomer),
    })
  }

  #interval(now: Micros): Micros {
    return now - this.#movedAt < CALM_INTERVAL ? CALM_INTERVAL : INTERVAL
  }

  #displace(now: Micros, slot: PeerSlot | undefined): boolean {
    if (slot === undefined) return false
    this.#calmUntil = now + this.#interval(now)
    slot.peer.close(now, 'swarm/displaced')
    return true
  }
}
