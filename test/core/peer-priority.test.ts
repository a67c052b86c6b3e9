import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addressFromBytes, parseAddress } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/bytes.ts'
import { crc32c } from '../../src/core/crc32c.ts'
import { peerPriority } from '../../src/core/peer-priority.ts'

const between = (a: string, b: string, portA = 6881, portB = 6881): number =>
  peerPriority(parseAddress(a, portA)!, parseAddress(b, portB)!)
const checksum = (hex: string): number => crc32c(fromHex(hex.replaceAll(' ', ''))!)

describe('the canonical priority of a peer (BEP 40)', () => {
  it('is that of the examples of the BEP', () => {
    assert.equal(between('123.213.32.10', '98.76.54.32'), 0xec2d7224)
    assert.equal(between('123.213.32.10', '123.213.32.234'), 0x99568189)
  })

  it('counts more of an IPv4 address the nearer the two are', () => {
    const table: [string, string][] = [
      ['123.214.32.234', '7bd50000 7bd60040'],
      ['123.213.33.234', '7bd52000 7bd52140'],
      ['123.213.32.11', '7bd5200a 7bd5200b'],
    ]
    for (const [other, masked] of table) assert.equal(between('123.213.32.10', other), checksum(masked))
  })

  it('counts more of an IPv6 address the nearer the two are', () => {
    const self = '2001:db8:1:ffff:ffff:ffff:ffff:ffff'
    const table: [string, string][] = [
      ['2001:db8:2::', '20010db80001 55555555555555555555 20010db80002 00000000000000000000'],
      ['2001:db8:1::', '20010db80001 00000000000000000000 20010db80001 ff555555555555555555'],
      ['2001:db8:1:ff00::', '20010db80001ff 000000000000000000 20010db80001ff ff5555555555555555'],
      ['2001:db8:1:ffff::', '20010db80001ffff 0000000000000000 20010db80001ffff ff55555555555555'],
      [`${self.slice(0, -1)}e`, `20010db80001${'ff'.repeat(9)}fe 20010db80001${'ff'.repeat(10)}`],
    ]
    for (const [other, masked] of table) assert.equal(between(self, other), checksum(masked), other)
  })

  it('is that of the ports between two of one host, of both families', () => {
    assert.equal(between('8.8.8.8', '8.8.8.8', 6882, 6881), 0x67f8fe57)
    assert.equal(between('2001:db8::1', '2001:db8::1', 6881, 6882), 0x67f8fe57)
    assert.notEqual(between('8.8.8.8', '8.8.8.8'), 0x67f8fe57)
  })

  it('is the same on both sides, and knows no port between two hosts', () => {
    const side = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(65_535))
    fc.assert(
      fc.property(fc.constantFrom(4 as const, 6 as const), side, side, fc.nat(15), (family, a, b, alike) => {
        b[0].set(a[0].subarray(0, alike))
        // No IPv4-mapped ones.
        for (const [bytes] of [a, b]) bytes[0] = 0x20
        const one = addressFromBytes(a[0], 0, family, a[1])
        const two = addressFromBytes(b[0], 0, family, b[1])
        const priority = peerPriority(one, two)
        assert.equal(peerPriority(two, one), priority)
        assert.ok(priority >= 0 && priority < 2 ** 32)
        const elsewhere = addressFromBytes(b[0], 0, family, 1)
        if (one.host !== two.host) assert.equal(peerPriority(one, elsewhere), priority)
      }),
    )
  })
})
