import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { AddressWatch } from '../../src/session/address-watch.ts'
import type { Failure, NamesPort, Ticket } from '../../src/session/ports.ts'
import { Tickets } from '../../src/session/tickets.ts'

/** A machine whose addresses change when it is told so, bound to `bound`. */
function machine(...bound: string[]) {
  const tickets = new Tickets()
  const open: Ticket[] = []
  const told: string[] = []
  const names: NamesPort = { resolve() {}, own() {}, changed: (ticket) => open.push(ticket) }
  const addresses = bound.map((host) => parseAddress(host, 6881)!)
  const warn = ({ code, message }: Failure): void => void told.push(`${code} ${message}`)
  new AddressWatch({ names, tickets, bound: addresses, warn })
  return {
    told,
    has: (...hosts: string[]) => {
      assert.equal(open.length, 1)
      const value = hosts.map((host) => parseAddress(host, 0)!)
      tickets.complete(0, open.shift()!, { ok: true, value })
    },
  }
}

describe('the addresses that are bound to', () => {
  it('are told of once when they go and once when they are back, whatever else changes', () => {
    const { told, has } = machine('10.0.0.1', '2001:db8::1')
    has('10.0.0.1', '2001:db8::1', '10.9.9.9')
    assert.deepEqual(told, [])
    has('2001:db8::1')
    has('2001:db8::1', '10.0.0.7')
    assert.equal(told.length, 1)
    assert.match(told[0]!, /^network\/address-gone .*10\.0\.0\.1 no more: nothing goes in or out by it/)
    has()
    has('10.0.0.1')
    assert.deepEqual(
      told.slice(1).map((one) => /^\S+/.exec(one)![0]),
      ['network/address-gone', 'network/address-back'],
    )
    assert.match(told[1]!, /2001:db8::1/)
  })
})
