import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { Crowd } from '../swarm/crowd.ts'
import { Displacement } from '../swarm/displacement.ts'
import type { PeerSlot } from '../swarm/peer-slot.ts'

/** The places for connections that all torrents share: when they are taken, somebody idle goes, whosever peer it is. */
export class CommonPlaces {
  readonly #displacement: Displacement
  readonly #crowds: () => readonly Crowd[]
  /** Of the question under way: there may be many torrents, and each peer is asked of all. */
  #asked: readonly Crowd[] = []
  /** Who has come in already on the strength of `hasRoom`. */
  #coming: PeerWire | undefined

  constructor(crowds: () => readonly Crowd[]) {
    this.#crowds = crowds
    this.#displacement = new Displacement(
      () => this.#others(),
      (address) => this.#asked.some(({ pool }) => pool.named(address)),
    )
  }

  /** Whether a place could be had for a peer that dials us. */
  hasRoom(now: Micros, from: Address): boolean {
    this.#asked = this.#crowds()
    return this.#displacement.whom(now, from) !== undefined
  }

  /** Makes a place for a peer that has come in, or for one that is to be dialled (`undefined`). */
  makeRoom(now: Micros, coming: PeerWire | undefined): boolean {
    this.#asked = this.#crowds()
    this.#coming = coming
    const made = this.#displacement.part(now, this.#displacement.whom(now, coming?.address))
    this.#coming = undefined
    return made
  }

  *#others(): Iterable<PeerSlot> {
    for (const { slots } of this.#asked)
      for (const slot of slots.values()) if (slot.peer !== this.#coming) yield slot
  }
}
