import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { parseAddress } from '../../src/core/address.ts'
import { Binding, type Bound } from '../../src/session/binding.ts'
import { preferred6, severalAddresses } from '../../src/session/local-addresses.ts'
import { resolveSessionOptions, type SessionOptions } from '../../src/session/options.ts'
import type { Ports } from '../../src/session/ports.ts'
import { Tickets } from '../../src/session/tickets.ts'

function own(...hosts: readonly string[]): Address[] {
  return hosts.map((host) => parseAddress(host, 0)!)
}

function bound(host: string, socket = 1): Bound {
  return { address: parseAddress(host, 6881)!, socket, listener: undefined }
}

describe("the machine's own addresses", () => {
  it('4.14 make a global IPv6 one preferred to all of them, of Teredo only if there is no other', () => {
    const preferred = (...hosts: readonly string[]): string | undefined => preferred6(own(...hosts))?.host
    assert.equal(preferred('127.0.0.1', '::1', 'fe80::1', 'fd00::1', '60.1.1.1'), undefined)
    assert.equal(preferred('::1', '2001:db8::5', 'fd00::1'), '2001:db8::5')
    assert.equal(preferred('2001:0:53aa:64c::1', '2001:db8::5'), '2001:db8::5')
    assert.equal(preferred('2001:db8::5', '2001:0:53aa:64c::1'), '2001:db8::5')
    assert.equal(preferred('2001:0:53aa:64c::1'), '2001:0:53aa:64c::1')
    assert.equal(preferred('2001:db8::7e4f', '2001:db8::5'), '2001:db8::5', 'the one that lasts')
  })

  it('8.07 are named to be bound to one by one, when a socket is bound to all of several public ones', () => {
    const all = own('127.0.0.1', '60.1.1.1', '60.2.2.2', '192.168.1.1', '2001:db8::1', '2001:db8::2')
    const warning = severalAddresses([bound('0.0.0.0'), bound('::', 2)], all)
    assert.equal(warning?.code, 'network/several-addresses')
    assert.match(warning.message, /--bind 60\.1\.1\.1 --bind 60\.2\.2\.2\.$/)
    assert.equal(severalAddresses([bound('60.1.1.1')], all), undefined)
    assert.equal(severalAddresses([bound('0.0.0.0')], own('60.1.1.1', '10.0.0.1', '172.17.0.1')), undefined)
    assert.match(severalAddresses([bound('::')], own('2001:db8:1::1', '2001:db8:2::1'))!.message, /8:2::1\.$/)
  })

  /** Where UDP and TCP are bound to in the end; `missing` cannot be. */
  function bind(options: Partial<SessionOptions>, missing: readonly string[] = []): string[] {
    const tickets = new Tickets()
    const hosts: string[] = []
    const open = (what: string) => (ticket: number, _handle: number, host: string, port: number) => {
      const value = parseAddress(host, port)
      if (missing.includes(host))
        tickets.complete(0, ticket, { ok: false, failure: { code: 'network/no-address', message: '' } })
      else {
        hosts.push(`${what} ${host}`)
        tickets.complete(0, ticket, { ok: true, value })
      }
    }
    const ports = { udp: { bind: open('udp') }, streams: { listen: open('tcp') } } as unknown as Ports
    new Binding(ports, tickets, resolveSessionOptions(options), '2001:db8::5', () => {}).start(0)
    return hosts
  }

  it('4.14 are bound to by default, for UDP, and all of them if that fails or is asked for', () => {
    assert.deepEqual(bind({}), ['udp 0.0.0.0', 'tcp 0.0.0.0', 'udp 2001:db8::5', 'tcp ::'])
    assert.deepEqual(bind({}, ['2001:db8::5']), ['udp 0.0.0.0', 'tcp 0.0.0.0', 'udp ::', 'tcp ::'])
    assert.deepEqual(bind({ bind: ['::'] }), ['udp ::', 'tcp ::'])
  })
})
