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

function placeOf({ scope, host, usable }: Address): string {
  if (!usable) return `at ${host}, which is no address of a server`
  return `at ${host}, ${scope === 'loopback' ? 'on this machine' : 'in a private network'}`
}
