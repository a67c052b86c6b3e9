import type { Address } from '../core/address.ts'
import { parseAddress } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { Ports } from './ports.ts'
import type { Tickets } from './tickets.ts'

interface Resolver {
  readonly ports: Ports
  readonly tickets: Tickets
}

/** Calls `use` with the addresses of `host`: a literal's at once, a name's when it is known; one that is unknown has none. */
export function resolveHost(
  now: Micros,
  { ports, tickets }: Resolver,
  host: string,
  port: number,
  use: (now: Micros, addresses: readonly Address[]) => void,
): void {
  const literal = parseAddress(host, port)
  if (literal !== undefined) {
    use(now, [literal])
    return
  }
  const ticket = tickets.issue((at, value) => use(at, (value ?? []) as readonly Address[]))
  ports.names.resolve(ticket, host, port)
}
