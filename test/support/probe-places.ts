import type { Address } from '../../src/core/address.ts'
import type { Circumstances } from '../../src/probe/rule.ts'
import { SOURCE_NAMES, type SourceName } from '../../src/probe/sources.ts'
import { address } from './virtual-dht.ts'

export type Place = Readonly<Record<SourceName, Address>>

/** A socket for each source of a probe: as many of the hosts as there are, the last one for the rest. */
function probePlace(hosts: Readonly<Partial<Record<SourceName, string>>> & { readonly main: string }): Place {
  const entries = SOURCE_NAMES.map((name, i) => [name, address(hosts[name] ?? hosts.main, 4000 + i)] as const)
  return Object.fromEntries(entries) as Record<SourceName, Address>
}

/** Where a node may be, and who asks it from where. */
export const PLACES: Readonly<Record<string, { readonly target: Address; readonly sources: Place }>> = {
  'in the open network over IPv4': {
    target: address('60.1.1.1'),
    sources: probePlace({ main: '60.2.1.1', other: '60.3.1.1', friend: '60.4.1.1', crowd: '60.5.1.1' }),
  },
  'in the open network over IPv6': {
    target: address('2001:db8:1::1'),
    sources: probePlace({
      main: '2001:db8:2::1',
      other: '2001:db8:3::1',
      friend: '2001:db8:4::1',
      crowd: '2001:db8:5::1',
    }),
  },
  'on loopback': {
    target: address('127.0.0.1'),
    sources: probePlace({ main: '127.0.0.1', other: '127.0.0.2', friend: '127.0.0.3' }),
  },
}

/** What a rule's cases are made for where everything can be seen. */
export const ALL_SEEN: Circumstances = {
  target: address('127.0.0.1'),
  family: 4,
  scope: 'loopback',
  twoAddresses: true,
  slow: true,
  hasTime: true,
}
