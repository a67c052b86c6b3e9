import type { NodeInfo } from '../../codec/compact.ts'
import type { Item } from '../../codec/item.ts'
import type { Address } from '../../core/address.ts'
import { compareDistance, type Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'
import type { TokenHolder } from './lookup-request.ts'

/** A node on the way of a look-up. */
export class Step {
  id: Id
  readonly address: Address
  /** How long its answers take; 0 where nobody knows. */
  readonly roundTrip: Micros
  state: 'fresh' | 'asked' | 'slow' | 'answered' | 'failed' = 'fresh'
  /** Only while it counts. */
  token: Uint8Array | undefined
  /** What it holds of the item that is looked for (BEP 44): the best version of its time, or another. */
  item: Item | undefined
  /** Whether it may be one of the eight that a walk ends with: always, unless ids have to fit their IP (BEP 42). */
  counts = true
  attempts = 0
  outstanding = 0
  /** Who named it; `undefined`: our own table. */
  by: Step | undefined
  /** Of the nodes that it named: how many were asked and have not answered, less those that have. */
  debt = 0

  constructor(id: Id, address: Address, roundTrip: Micros) {
    this.id = id
    this.address = address
    this.roundTrip = roundTrip
  }
}

/** At most `most` of `nodes`: who names more names the nearest first, or is not heard to the end. */
export function nearestOf(nodes: readonly NodeInfo[], target: Id, most: number): readonly NodeInfo[] {
  if (nodes.length <= most) return nodes
  return [...nodes].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, most)
}

/** The first of the responders that gave a token: where to announce (BEP 5), or to put. `best`: the newest item found. */
export function holdersAmong(
  responders: readonly Step[],
  count: number,
  best: Item | undefined,
): TokenHolder[] {
  const holders: TokenHolder[] = []
  for (const { id, address, token, item } of responders) {
    if (token === undefined || holders.length >= count) continue
    const holds = item === undefined ? {} : { holds: item === best ? ('newest' as const) : ('some' as const) }
    holders.push({ id, address, token, ...holds })
  }
  return holders
}
