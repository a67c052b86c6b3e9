/** BEP 42, "Node IDs": rows 6.01 to 6.07 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addressFromBytes } from '../../src/core/address.ts'
import { fromHex, readUint32, toHex } from '../../src/core/bytes.ts'
import { commonPrefix, type Id } from '../../src/core/id.ts'
import { isCompliant, nodeIdFor } from '../../src/core/node-id.ts'
import { dice } from '../support/dice.ts'
import { address } from '../support/virtual-dht.ts'

/** The vectors of BEP 42. */
const OFFICIAL = [
  ['124.31.75.21', '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
  ['21.75.31.124', '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
  ['65.23.51.170', 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
  ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
  ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
] as const
/** Checksums by the low three bits of the last byte: of IPv4, and of IPv6, for which BEP 42 gives none. */
const CHECKSUMS = {
  '124.31.75.21': '889aa939 5fbfbdb2 233cf6de f419e255 da3a6006 0d1f748d 719c3fe1 a6b92b6a',
  '2001:db8::1': '7c89c9bd 7189ac24 6689028f 6b896716 48885fd9 45883a40 528894eb 5f88f172',
} as const

function idOf(hex: string): Id {
  return fromHex(hex)!
}

function changed(hex: string, at: number, value: number): Id {
  const id = idOf(hex)
  id[at] = value
  return id
}

const [HOST, ID] = OFFICIAL[0]

describe('node ids that follow from an IP', () => {
  it('6.01 takes the five pairs of BEP 42, and makes ids with the same first 21 bits for the same last byte', () => {
    for (const [host, hex] of OFFICIAL) {
      const id = idOf(hex)
      assert.equal(isCompliant(id, address(host)), true, host)
      const made = Array.from({ length: 64 }, (_, seed) => nodeIdFor(address(host), dice(seed)))
      const same = made.filter((other) => (other[19]! & 7) === (id[19]! & 7))
      assert.ok(same.length > 0)
      for (const other of same) assert.ok(commonPrefix(id, other) >= 21, toHex(other))
    }
  })

  it('6.01 has the checksums of both families for each of the eight beginnings', () => {
    for (const [host, list] of Object.entries(CHECKSUMS)) {
      const checksums = list.split(' ').map((hex) => readUint32(idOf(hex), 0))
      const seen = new Set<number>()
      for (let seed = 0; seed < 200; seed++) {
        const id = nodeIdFor(address(host), dice(seed))
        const which = id[19]! & 7
        seen.add(which)
        assert.equal((readUint32(id, 0) ^ checksums[which]!) >>> 11, 0, `${host} ${which}`)
      }
      assert.equal(seen.size, 8)
    }
  })

  it('6.02 looks at 21 bits and no more', () => {
    for (let low = 0; low < 8; low++)
      assert.equal(isCompliant(changed(ID, 2, 0xb8 | low), address(HOST)), true)
  })

  it('6.03 refuses another beginning, another last byte, and another IP', () => {
    assert.equal(isCompliant(changed(ID, 2, 0xb7), address(HOST)), false)
    assert.equal(isCompliant(changed(ID, 19, 0x02), address(HOST)), false)
    assert.equal(isCompliant(idOf(ID), address('124.31.75.22')), false)
  })

  it('6.04 looks at the low three bits of the last byte alone', () => {
    for (const last of [0x09, 0xf9]) assert.equal(isCompliant(changed(ID, 19, last), address(HOST)), true)
  })

  it('6.05 6.07 takes any id within private networks and this machine', () => {
    const exempt = ['10.1.2.3', '172.16.0.1', '172.31.255.1', '192.168.7.7', '169.254.1.1', '127.0.0.1']
    for (const host of [...exempt, '::1', 'fe80::1', 'febf::1', 'fc00::1', 'fdff::1'])
      assert.equal(isCompliant(idOf(ID), address(host)), true, host)
  })

  it('6.06 exempts nothing beside them', () => {
    const beside = ['172.15.0.1', '172.32.0.1', '192.169.0.1', '169.253.0.1', '11.0.0.1']
    for (const host of [...beside, 'fec0::1', 'fbff::1', '2001:db8::1'])
      assert.equal(isCompliant(idOf(ID), address(host)), false, host)
  })

  it('finds its own ids good for their IP, and for none whose masked bits differ', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(), fc.nat(7), (bytes, seed, bit) => {
        bytes[0] = 60 + (bytes[0]! & 31)
        const own = addressFromBytes(bytes, 0, 4, 6881)
        const id = nodeIdFor(own, dice(seed))
        assert.ok(isCompliant(id, own))
        const other = Uint8Array.from(bytes)
        other[3]! ^= 1 << bit
        assert.equal(isCompliant(id, addressFromBytes(other, 0, 4, 6881)), false)
      }),
      { numRuns: 200 },
    )
  })

  it('8.02 parts early from the ids that we have already', () => {
    for (const own of [undefined, address('192.168.1.1'), address(HOST), address('2001:db8::1')]) {
      const ids: Id[] = []
      const rng = dice(5)
      for (let i = 0; i < 4; i++) ids.push(nodeIdFor(own, rng, ids))
      for (const id of ids)
        for (const other of ids)
          if (id !== other) assert.ok(commonPrefix(id, other) <= 5, `${toHex(id)} and ${toHex(other)}`)
    }
  })
})
