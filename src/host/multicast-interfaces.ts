import { networkInterfaces } from 'node:os'
import process from 'node:process'

/** A machine with more has bridges and tunnels, one a container. */
const MOST = 16

type Interfaces = ReturnType<typeof networkInterfaces>

/**
 * The interfaces of these literal local addresses, as the runtime wants them for multicast: IPv4 by an address, IPv6 by a zone.
 * A wildcard stands for all that lead to other machines, and where there are none, for loopback.
 */
export function multicastInterfaces(
  family: 4 | 6,
  hosts: readonly string[],
  all: Interfaces = networkInterfaces(),
): string[] {
  const named = Object.entries(all).flatMap(([name, list]) =>
    (list ?? []).flatMap((one) => (one.family === `IPv${family}` ? [{ ...one, name }] : [])),
  )
  const outward = named.filter(({ internal }) => !internal)
  const general = outward.length > 0 ? outward : named
  const found = new Set<string>()
  for (const host of hosts) {
    if (host === '0.0.0.0' || host === '::') {
      for (const [i, { name, address }] of general.entries()) {
        // One address of each will do; they come together.
        if (general[i - 1]?.name === name) continue
        found.add(family === 4 ? address : zone(name, all))
      }
    } else if (family === 4) found.add(host)
    else for (const { name } of named.filter(({ address }) => address === host)) found.add(zone(name, all))
  }
  return [...found].slice(0, MOST)
}

/** Windows knows interfaces by number, the others by name. */
function zone(name: string, all: Interfaces): string {
  if (process.platform !== 'win32') return `::%${name}`
  const scopes = (all[name] ?? []).map((one) => (one.family === 'IPv6' ? one.scopeid : 0))
  return `::%${Math.max(0, ...scopes)}`
}
