import type { Address } from '../../core/address.ts'

/** What a node knows of the network around it. */
export interface NetworkState {
  /**
   * `online`: it has contacts, and they answer. `degraded`: it looks for a way in, or all queries of ten seconds have failed. `offline`:
   * all queries of a minute have; nobody loses a place for it.
   */
  readonly status: 'online' | 'degraded' | 'offline'
  /** Where others say that we are (BEP 42); `undefined` before they agree, port 0 where they do so on the IP alone. */
  readonly external: Address | undefined
  /** Whether those reach us to whom we have sent nothing; `undefined`: nothing speaks for or against it. */
  readonly reachable: boolean | undefined
  /** Queries are left unanswered (BEP 43). */
  readonly readOnly: boolean
}

export function sameNetwork(a: NetworkState, b: NetworkState): boolean {
  return (
    a.status === b.status &&
    a.external === b.external &&
    a.reachable === b.reachable &&
    a.readOnly === b.readOnly
  )
}
