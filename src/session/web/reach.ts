import { type Address, isWildcard, SCOPE_RANK, type Scope } from '../../core/address.ts'
import type { Bound } from '../binding.ts'

const FAMILIES = [4, 6] as const

/** Where a server is that answers, as far as it matters for what it may name. */
export type Whereabouts = Pick<Address, 'scope'>

/** Of one that a proxy has found by its name nothing is seen: it may name what everybody may. */
export const UNSEEN: Whereabouts = { scope: 'global' }

/**
 * The narrowest scope of servers that a torrent may send us to. A link from the network must not make us call what is reached from
 * this machine or household alone (a router, a service without a password), so it is the widest scope that we are bound to: global,
 * unless the user has bound to narrower addresses alone.
 */
export function narrowestServer(bound: readonly Pick<Bound, 'address'>[]): Scope {
  let widest: Scope | undefined
  for (const { address } of bound) {
    const scope = isWildcard(address) ? 'global' : address.scope
    if (widest === undefined || SCOPE_RANK[scope] > SCOPE_RANK[widest]) widest = scope
  }
  return widest ?? 'global'
}

/** The families that we may call from: those that we are bound to, both where nothing is open. */
export function familiesOf(bound: readonly Pick<Bound, 'address'>[]): readonly (4 | 6)[] {
  const here = FAMILIES.filter((family) => bound.some(({ address }) => address.family === family))
  return here.length > 0 ? here : FAMILIES
}

export function reaches(narrowest: Scope, { usable, scope }: Address): boolean {
  return usable && SCOPE_RANK[scope] >= SCOPE_RANK[narrowest]
}

/** What a server may send us on to (section 8 of the design: a remote names nothing narrower than itself). */
export function narrowed(narrowest: Scope, server: Whereabouts): Scope {
  return SCOPE_RANK[server.scope] > SCOPE_RANK[narrowest] ? server.scope : narrowest
}
