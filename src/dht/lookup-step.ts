import type { NodeInfo } from '../codec/compact.ts'
import type { Address } from '../core/address.ts'
import { compareDistance, type Id } from '../core/id.ts'
import type { TokenHolder } from './lookup-request.ts'

/** A node on the way of a look-up. */
export class Step {
  id: Id
  readonly address: Address
  state: 'fresh' | 'asked' | 'slow' | 'answered' | 'failed' = 'fresh'
  token: Uint8Array | undefined
  attempts = 0
  outstanding = 0

  constructor(id: Id, address: Address) {
    this.id = id
    this.address = address
  }
}

/** At most `most` of `nodes`: who names more names the nearest first, or is not heard to the end. */
export function nearestOf(nodes: readonly NodeInfo[], target: Id, most: number): readonly NodeInfo[] {
  if (nodes.length <= most) return nodes
  return [...nodes].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, most)
}

/** The first of the responders that gave a token: where to announce (BEP 5). */
export function holdersAmong(responders: readonly Step[], count: number): TokenHolder[] {
  const holders: TokenHolder[] = []
  for (const { id, address, token } of responders) {
    if (token !== undefined && holders.length < count) holders.push({ id, address, token })
  }
  return holders
}
