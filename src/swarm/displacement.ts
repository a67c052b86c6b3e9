import { type Address, hostKey } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { crowdedOut } from './fair-share.ts'
import type { PeerSlot } from './peer-slot.ts'
import { type Ranking, unranked } from './ranking.ts'
import { leastUseful } from './turnover.ts'

/** Between two times that an idle peer has to go; */
const INTERVAL = SECOND
/** the same while others do move something: then there is no hurry, and a crowd that trades does not keep reshuffling itself. */
const CALM_INTERVAL = 10 * SECOND

/** For so long nobody is displaced for the sake of who was sent away as vain, or a crowd of such would take turns. */
const MEMORY = 5 * MINUTE
const MOST_REMEMBERED = 4096

const nobody = (): boolean => false

/**
 * Makes room when every place is taken: who crowds others out goes at once (`crowdedOut`), of the others one at a time with which
 * nothing has moved (`leastUseful`). Never one that the user named (RS2).
 */
export class Displacement {
  readonly #slots: () => Iterable<PeerSlot>
  readonly #named: (address: Address) => boolean
  readonly #ranking: Ranking
  #displacedAt: Micros = Number.NEGATIVE_INFINITY
  /** When that was, by host, the longest ago first. */
  readonly #sentAway = new Map<string, Micros>()

  constructor(
    slots: () => Iterable<PeerSlot>,
    named: (address: Address) => boolean,
    ranking: Ranking = unranked,
  ) {
    this.#slots = slots
    this.#named = named
    this.#ranking = ranking
  }

  /** How long nobody is displaced after another was. */
  interval(now: Micros): Micros {
    for (const { movedAt, since } of this.#slots())
      if (movedAt > since && now - movedAt < CALM_INTERVAL) return CALM_INTERVAL
    return INTERVAL
  }

  /** Who could go now for the sake of `newcomer`, or of any that waits to be dialled; nobody of the `spared`. */
  whom(
    now: Micros,
    newcomer: Address | undefined,
    spared: (slot: PeerSlot) => boolean = nobody,
  ): PeerSlot | undefined {
    const sentAway = newcomer && this.#sentAway.get(hostKey(newcomer))
    if (sentAway !== undefined && now - sentAway < MEMORY) return undefined
    const keeps = (slot: PeerSlot): boolean => spared(slot) || this.#named(slot.peer.address)
    const crowding = newcomer && crowdedOut(now, this.#slots(), newcomer, keeps)
    if (crowding !== undefined) return crowding
    const since = now - this.#displacedAt
    if (since < INTERVAL) return undefined
    // Who made nothing of its turn is no part of what others trade.
    const calm = since < this.interval(now)
    return leastUseful(now, this.#slots(), {
      spared: (slot) => (calm && !slot.vain(now)) || keeps(slot),
      rankOf: ({ peer }) => this.#ranking(peer.address),
      newcomer: newcomer && this.#ranking(newcomer),
    })
  }

  /** Parts with who `whom` found. */
  part(now: Micros, slot: PeerSlot | undefined): boolean {
    if (slot === undefined) return false
    this.#displacedAt = now
    if (slot.vain(now)) this.#remember(now, hostKey(slot.peer.address))
    slot.peer.close(now, 'swarm/displaced')
    return true
  }

  #remember(now: Micros, host: string): void {
    this.#sentAway.delete(host)
    this.#sentAway.set(host, now)
    if (this.#sentAway.size > MOST_REMEMBERED) this.#sentAway.delete(this.#sentAway.keys().next().value!)
  }
}
