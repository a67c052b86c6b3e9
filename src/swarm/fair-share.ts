import { type Address, hostKey, ownerKey } from '../core/address.ts'
import type { Micros } from '../core/time.ts'

export interface Sharer {
  readonly peer: { readonly address: Address }
  /** When payload or metadata last moved, either way; when it came, before. */
  readonly movedAt: Micros
  /** Something moves between us, or may at any moment: it has its turn, or owes us blocks. */
  busy(now: Micros): boolean
  /** It has had its turn and made nothing of it. */
  vain(now: Micros): boolean
}

/** Whose connections are counted together, and how many times those of another are too many. */
interface Circle {
  readonly keyOf: (address: Address) => string | undefined
  readonly factor: number
}

/** Twice, not one more: else two addresses would push each other out in turns. Of a subnet more than that, since many may live on it. */
const CIRCLES: readonly Circle[] = [
  { keyOf: hostKey, factor: 2 },
  { keyOf: ownerKey, factor: 8 },
]

/** The connections of one circle, and those of a newcomer with it included; `undefined` where they are not counted. */
class Tally {
  readonly #circle: Circle
  readonly #counts = new Map<string, number>()
  readonly #own: number | undefined

  constructor(circle: Circle, sharers: readonly Sharer[], newcomer: Address) {
    this.#circle = circle
    for (const { peer } of sharers) {
      const key = circle.keyOf(peer.address)
      if (key !== undefined) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    }
    const own = circle.keyOf(newcomer)
    this.#own = own === undefined ? undefined : (this.#counts.get(own) ?? 0) + 1
  }

  of({ peer }: Sharer): number | undefined {
    const key = this.#circle.keyOf(peer.address)
    return key === undefined ? undefined : this.#counts.get(key)
  }

  /** Whether it has clearly more than the newcomer. */
  crowds(sharer: Sharer): boolean {
    const held = this.of(sharer)
    return held !== undefined && this.#own !== undefined && held >= this.#circle.factor * this.#own
  }

  /** Whether it has clearly less. */
  isCrowded(sharer: Sharer): boolean {
    const held = this.of(sharer)
    return held !== undefined && this.#own !== undefined && this.#circle.factor * held <= this.#own
  }
}

/**
 * Who has to go, however new, for the sake of one that dials us from `newcomer` when every place is taken: an idle one of the address
 * that holds most of them, if that has clearly more than the newcomer's; who made nothing of its turn first, then who is idle longest.
 * `undefined`: all have their fair share, or are busy.
 */
export function crowdedOut<P extends Sharer>(
  now: Micros,
  sharers: Iterable<P>,
  newcomer: Address,
  spared: (sharer: P) => boolean,
): P | undefined {
  const all = [...sharers]
  const tallies = CIRCLES.map((circle) => new Tally(circle, all, newcomer))
  for (const tally of tallies) {
    let worst: P | undefined
    let most = 0
    for (const one of all) {
      const held = tally.of(one) ?? 0
      if (held < most || !tally.crowds(one) || one.busy(now) || spared(one)) continue
      // An address that crowds is not made room for by one of a crowding subnet, nor the other way: they would do it in turns.
      if (tallies.some((other) => other.isCrowded(one))) continue
      if (worst === undefined || held > most || isWorse(now, one, worst)) worst = one
      most = held
    }
    if (worst !== undefined) return worst
  }
  return undefined
}

function isWorse(now: Micros, one: Sharer, other: Sharer): boolean {
  return (Number(one.vain(now)) - Number(other.vain(now)) || other.movedAt - one.movedAt) > 0
}
