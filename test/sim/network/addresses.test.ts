import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AddressTable, boxHostOf, hostOf, hostOf6, insideHostOf } from '../../../sim/network/addresses.ts'
import { type Address, addressFromBytes, parseAddress } from '../../../src/core/address.ts'

describe('addresses of places', () => {
  it('are global, usable, and each in a /24 of its own, hosts and boxes together', () => {
    const subnets = new Set<string>()
    for (let index = 0; index < 20_000; index++) {
      for (const host of [hostOf(index), boxHostOf(index)]) {
        const address = parseAddress(host, 6881)!
        assert.ok(address.scope === 'global' && address.usable)
        subnets.add(address.bytes.subarray(0, 3).join('.'))
      }
    }
    assert.equal(subnets.size, 40_000)
  })

  it('are in IPv6 global, and each in a /48 of its own', () => {
    const subnets = new Set<string>()
    for (let index = 0; index < 200_000; index += 7) {
      const address = parseAddress(hostOf6(index), 6881)!
      assert.ok(address.family === 6 && address.scope === 'global' && address.usable)
      subnets.add(address.bytes.subarray(0, 6).join('.'))
    }
    assert.equal(subnets.size, Math.ceil(200_000 / 7))
  })

  it('are private behind a box, and all different', () => {
    for (const carrier of [false, true]) {
      const hosts = new Set<string>()
      for (let index = 1; index <= 100_000; index += 3) {
        const address = parseAddress(insideHostOf(index, carrier), 6881)!
        assert.ok(address.scope === 'private' && address.usable)
        hosts.add(address.host)
      }
      assert.equal(hosts.size, 33_334)
    }
  })
})

describe('a table by address', () => {
  const address = fc
    .record({ six: fc.boolean(), low: fc.nat(40), port: fc.nat(2) })
    .map(({ six, low, port }): Address => {
      const bytes = new Uint8Array(16)
      bytes[0] = 32
      bytes[six ? 15 : 3] = low
      return addressFromBytes(bytes, 0, six ? 6 : 4, port)
    })
  const command = fc.record({ put: fc.boolean(), address })

  it('holds what was put in last and not taken out, as a map by text does', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
        const table = new AddressTable<object>()
        const model = new Map<string, object>()
        const seen = new Map<string, Address>()
        for (const { put, address: at } of commands) {
          seen.set(at.text, at)
          if (put) {
            const value = {}
            table.set(at, value)
            model.set(at.text, value)
          } else {
            table.delete(at)
            model.delete(at.text)
          }
        }
        for (const [text, at] of seen) assert.equal(table.get(at), model.get(text))
      }),
      { numRuns: 300 },
    )
  })

  it('keeps many apart', () => {
    const table = new AddressTable<number>()
    for (let index = 0; index < 5_000; index++) table.set(parseAddress(hostOf(index), 6881)!, index)
    for (let index = 0; index < 5_000; index += 2) table.delete(parseAddress(hostOf(index), 6881)!)
    for (let index = 0; index < 5_000; index++) {
      assert.equal(table.get(parseAddress(hostOf(index), 6881)!), index % 2 === 0 ? undefined : index)
    }
  })
})
