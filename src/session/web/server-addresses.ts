import type { Address, Scope } from '../../core/address.ts'
import type { Failure } from '../ports.ts'
import { reaches } from './reach.ts'

/** Addresses of one server that are tried. */
const MOST_ADDRESSES = 4

/** Where a server may be called, of where it is said to be; a failure where it may not be at all. */
export function serverAddresses(
  host: string,
  found: readonly Address[],
  narrowest: Scope,
  families: readonly (4 | 6)[],
): readonly Address[] | Failure {
  const fit = found.filter((address) => families.includes(address.family))
  const called = fit.filter((address) => reaches(narrowest, address)).slice(0, MOST_ADDRESSES)
  if (called.length > 0) return called
  const [other] = fit
  if (other === undefined) return { code: 'web/no-address', message: `${host} has no address here.` }
  return { code: 'web/refused', message: `${host} is ${placeOf(other)}, where no torrent may send us.` }
}

/** Of one label, in disguise an address (`127.1`), or for what is at home (RFC 6761, 6762, 8375). */
const AT_HOME =
  /^[^.]*$|(?:^|\.)(?:\d+|0x[\da-f]*|localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/

/**
 * Why a name may not be called that the proxy would look up, unseen by us: it must not find itself, or what is in its own network, for a
 * torrent's sake. What is not plain ASCII would be read in one way here and in another there. A name that belongs to a stranger and leads
 * inside all the same is the proxy's to refuse.
 */
export function nameRefused(host: string, narrowest: Scope): Failure | undefined {
  if (narrowest === 'loopback' || (/^[\w.-]+$/.test(host) && !AT_HOME.test(host.replace(/\.$/, ''))))
    return undefined
  const message = `${host} is no name of the open network, and no torrent may send us elsewhere.`
  return { code: 'web/refused', message }
}

function placeOf({ scope, host, usable }: Address): string {
  if (!usable) return `at ${host}, which is no address of a server`
  return `at ${host}, ${scope === 'loopback' ? 'on this machine' : 'in a private network'}`
}
