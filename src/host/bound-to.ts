import { networkInterfaces } from 'node:os'
import { type Address, parseAddress, sameSubnet } from '../core/address.ts'
import { usageError } from '../core/errors.ts'

interface Places {
  readonly bind?: readonly string[]
  readonly interface?: string
}

/**
 * The options with the addresses of their interface to bind to, if they name one. Of several IPv6 addresses of one network it is the last,
 * since systems name those first that they made for a day (RFC 8981); those of the link alone are left out. Throws a usage error.
 */
export function boundTo<T extends Places>(options: T, all: Interfaces = networkInterfaces()): T {
  const { interface: name, bind } = options
  if (name === undefined) return options
  if (bind !== undefined)
    throw usageError('options/interface', 'Bind to an interface or to addresses, not to both.')
  const listed = Object.hasOwn(all, name) ? all[name] : undefined
  if (listed === undefined)
    throw usageError(
      'options/interface',
      `There is no network interface "${name}"; there are ${Object.keys(all).join(', ')}.`,
    )
  const addresses: Address[] = []
  for (const { address } of listed.toReversed()) {
    const found = parseAddress(address, 0)
    if (found === undefined || isLinkLocal6(found)) continue
    if (found.family === 6 && addresses.some((other) => other.family === 6 && sameSubnet(other, found)))
      continue
    addresses.unshift(found)
  }
  if (addresses.length === 0)
    throw usageError('options/interface', `The network interface ${name} has no address to bind to.`)
  return { ...options, bind: addresses.map(({ host }) => host) }
}

type Interfaces = ReturnType<typeof networkInterfaces>

/** fe80::/10: means nothing without the interface. */
function isLinkLocal6({ family, bytes }: Address): boolean {
  return family === 6 && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80
}
