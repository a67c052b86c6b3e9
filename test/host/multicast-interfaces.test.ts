import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { multicastInterfaces } from '../../src/host/multicast-interfaces.ts'

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal, cidr: null }
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 7 } : { ...common, family: 'IPv4' }
}

const LOOPBACK = [info('127.0.0.1', true), info('::1', true)]
const ALL = {
  lo: LOOPBACK,
  eth0: [info('192.168.1.5'), info('192.168.1.6'), info('fd00::2'), info('fe80::1')],
  wlan0: [info('10.0.0.5')],
}
const ZONE = (name: string): string => (process.platform === 'win32' ? '::%7' : `::%${name}`)

test('multicast uses each interface that leads to other machines once, where all addresses are bound to', () => {
  assert.deepEqual(multicastInterfaces(4, ['0.0.0.0'], ALL), ['192.168.1.5', '10.0.0.5'])
  assert.deepEqual(multicastInterfaces(6, ['::'], ALL), [ZONE('eth0')])
})

test('multicast uses loopback where nothing else is there, or where that is bound to', () => {
  assert.deepEqual(multicastInterfaces(4, ['0.0.0.0'], { lo: LOOPBACK }), ['127.0.0.1'])
  assert.deepEqual(multicastInterfaces(6, ['::'], { lo: LOOPBACK }), [ZONE('lo')])
  assert.deepEqual(multicastInterfaces(4, ['127.0.0.1'], ALL), ['127.0.0.1'])
})

test('multicast uses the interfaces of the addresses that are bound to, each once', () => {
  assert.deepEqual(multicastInterfaces(4, ['10.0.0.5', '127.0.0.3', '10.0.0.5'], ALL), [
    '10.0.0.5',
    '127.0.0.3',
  ])
  assert.deepEqual(multicastInterfaces(6, ['fd00::2', 'fe80::1', 'fd00::99'], ALL), [ZONE('eth0')])
})

test('multicast uses sixteen interfaces at most', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`br${i}`, [info(`10.0.${i}.1`)]]))
  assert.equal(multicastInterfaces(4, ['0.0.0.0'], many).length, 16)
})
