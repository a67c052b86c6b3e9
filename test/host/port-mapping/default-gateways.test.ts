import assert from 'node:assert/strict'
import { endianness } from 'node:os'
import { test } from 'node:test'
import { gatewaysOf } from '../../../src/host/port-mapping/default-gateways.ts'

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'

/** An address as the kernel writes it. */
function word(...bytes: number[]): string {
  const ordered = endianness() === 'LE' ? bytes.reverse() : bytes
  return ordered.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('')
}

test('the gateways of the default routes are found, each once', () => {
  const route = (destination: string, gateway: string, flags: string): string =>
    `eth0\t${destination}\t${gateway}\t${flags}\t0\t0\t100\t00000000\t0\t0\t0\n`
  const table = [
    HEAD,
    route('00000000', word(192, 168, 1, 254), '0003'),
    route(word(192, 168, 1, 0), '00000000', '0001'),
    route('00000000', word(192, 168, 1, 254), '0003'),
    // A tunnel: nobody is at its other end.
    route('00000000', '00000000', '0001'),
    route(word(10, 0, 0, 0), word(10, 0, 0, 1), '0003'),
    route('00000000', word(10, 8, 0, 1), '0003'),
  ].join('')
  assert.deepEqual(gatewaysOf(table), ['192.168.1.254', '10.8.0.1'])
})

test('a table that is none has none', () => {
  for (const table of ['', HEAD, `${HEAD}eth0 00000000\n`, `${HEAD}eth0 00000000 zz 0003\n`, '\n\n\n'])
    assert.deepEqual(gatewaysOf(table), [])
})
