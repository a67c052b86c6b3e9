import { type Address, isWildcard, sameSubnet } from '../core/address.ts'
import type { Bound } from './binding.ts'
import type { Failure } from './ports.ts'

/**
 * Of the machine's own addresses the global IPv6 one to bind to in place of all (BEP 32), so that answers leave from where they were
 * asked for; `undefined`: there is none. One of Teredo only when there is no other; of several the last, since systems name
 * those first that they made for a day (RFC 8981).
 */
export function preferred6(own: readonly Address[]): Address | undefined {
  const global = own.filter(({ family, scope }) => family === 6 && scope === 'global')
  return global.findLast((address) => !isTeredo(address)) ?? global.at(-1)
}

/** What to say of a socket on all addresses of a machine that has several public ones (BEP 45), if it has. */
export function severalAddresses(bound: readonly Bound[], own: readonly Address[]): Failure | undefined {
  const hosts = bound
    .filter(({ address, socket }) => socket !== undefined && isWildcard(address))
    .flatMap(({ address }) => apart(own.filter(({ family }) => family === address.family)))
  if (hosts.length === 0) return undefined
  const binds = hosts.map((host) => `--bind ${host}`).join(' ')
  const message = `This machine has several public addresses, and others may be answered from another than they asked; bind to each: ${binds}.`
  return { code: 'network/several-addresses', message }
}

/** Those of global scope, one of each subnet of IPv6; nothing when there are not several. */
function apart(own: readonly Address[]): string[] {
  const found: Address[] = []
  for (const address of own) {
    if (address.scope !== 'global' || isTeredo(address)) continue
    if (address.family === 4 || !found.some((other) => sameSubnet(other, address))) found.push(address)
  }
  return found.length < 2 ? [] : found.map(({ host }) => host)
}

/** 2001::/32 (RFC 4380). */
function isTeredo({ family, bytes }: Address): boolean {
  return family === 6 && bytes[0] === 0x20 && bytes[1] === 0x01 && bytes[2] === 0 && bytes[3] === 0
}
