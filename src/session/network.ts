import type { Address } from '../core/address.ts'
import type { NetworkState } from '../dht/identity/network-state.ts'

/** What a session's nodes know of their networks, seen as one. */
export interface Network {
  /** `online`: one of them is; else `offline`: one of them was and is no more; else `degraded`. */
  readonly status: NetworkState['status']
  /** Where others say that we are, once they agree (port 0: on the IP alone): one for each socket that others see. */
  readonly external: readonly Address[]
  /** Whether strangers reach one of them; `undefined`: nothing speaks for or against it. */
  readonly reachable: boolean | undefined
  /** None of them answers queries (BEP 43). */
  readonly readOnly: boolean
}

export function jointNetwork(states: readonly NetworkState[]): Network {
  const known = states.map(({ reachable }) => reachable).filter((reachable) => reachable !== undefined)
  const has = (status: NetworkState['status']): boolean => states.some((state) => state.status === status)
  return {
    status: has('online') ? 'online' : has('offline') ? 'offline' : 'degraded',
    external: states.flatMap(({ external }) => external ?? []),
    reachable: known.length === 0 ? undefined : known.includes(true),
    readOnly: states.length > 0 && states.every(({ readOnly }) => readOnly),
  }
}

export function sameNetwork(a: Network | undefined, b: Network): boolean {
  return (
    a?.status === b.status &&
    a.reachable === b.reachable &&
    a.readOnly === b.readOnly &&
    a.external.length === b.external.length &&
    a.external.every((address, i) => address === b.external[i])
  )
}
