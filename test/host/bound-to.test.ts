import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { boundTo } from '../../src/host/bound-to.ts'
import type { OpenOptions } from '../../src/index.ts'

function listed(...addresses: string[]): NetworkInterfaceInfo[] {
  return addresses.map((address) => {
    const rest = { address, netmask: '', mac: '', internal: false, cidr: null }
    return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' }
  })
}

const ALL = {
  lo: listed('127.0.0.1', '::1'),
  eth0: listed('192.168.1.2', '192.168.1.3', '2001:db8:1::77', '2001:db8:1::2', 'fd00::2', 'fe80::1'),
  down: [],
  link: listed('fe80::2', 'febf::1'),
}

test('an interface stands for its addresses: of IPv6 for one of each network, the one that lasts', () => {
  assert.deepEqual(boundTo({ interface: 'eth0' }, ALL), {
    interface: 'eth0',
    bind: ['192.168.1.2', '192.168.1.3', '2001:db8:1::2', 'fd00::2'],
  })
  const loopback: OpenOptions = boundTo({ interface: 'lo' }, ALL)
  assert.deepEqual(loopback.bind, ['127.0.0.1', '::1'])
})

test('without one the options stay as they are', () => {
  const options = { bind: ['127.0.0.1'] }
  assert.equal(boundTo(options, ALL), options)
})

for (const [name, sentence] of [
  ['eth1', /no network interface "eth1"; there are lo, eth0, down, link/],
  ['__proto__', /no network interface "__proto__"/],
  ['down', /has no address to bind to/],
  ['link', /has no address to bind to/],
] as const) {
  test(`the interface ${name} cannot be bound to, and a sentence says why`, () => {
    assert.throws(() => boundTo({ interface: name }, ALL), {
      code: 'options/interface',
      kind: 'usage',
      message: sentence,
    })
  })
}
