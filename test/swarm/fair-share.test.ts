import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hostKey, ownerKey, parseAddress } from '../../src/core/address.ts'
import { crowdedOut, type Sharer } from '../../src/swarm/fair-share.ts'

const nobody = (): boolean => false
const at = (host: string, port = 6881): Sharer['peer']['address'] => parseAddress(host, port)!

interface Numbered extends Sharer {
  readonly port: number
}

function sharer(host: string, port: number, { busy = false, vain = false, movedAt = 0 } = {}): Numbered {
  return { peer: { address: at(host, port) }, port, movedAt, busy: () => busy, vain: () => vain }
}

const many = (count: number, host: (index: number) => string): Numbered[] =>
  Array.from({ length: count }, (_, index) => sharer(host(index), 1 + index, { movedAt: 100 - index }))

describe('fair shares', () => {
  it('RS2: of the address that has most, who made nothing of its turn goes first, then who is idle longest; nobody who is busy or spared', () => {
    const idle = many(4, () => '10.0.0.1')
    assert.equal(crowdedOut(9, idle, at('10.0.0.2'), nobody)?.port, 4)
    assert.equal(crowdedOut(9, idle, at('10.0.0.2'), ({ port }) => port === 4)?.port, 3)
    const vain = sharer('10.0.0.1', 9, { vain: true, movedAt: 200 })
    assert.equal(crowdedOut(9, [...idle, vain], at('10.0.0.2'), nobody), vain)
    const busy = Array.from({ length: 6 }, (_, i) => sharer('10.0.0.3', 20 + i, { busy: true }))
    assert.equal(crowdedOut(9, busy, at('10.0.0.2'), nobody), undefined)
    assert.equal(crowdedOut(9, [...busy, ...idle], at('10.0.0.2'), nobody)?.port, 4, 'then of the next')
  })

  it('RS2: an address alone has all; in a private network the subnet counts for nothing', () => {
    assert.equal(
      crowdedOut(
        9,
        many(50, () => '10.0.0.1'),
        at('10.0.0.1', 99),
        nobody,
      ),
      undefined,
    )
    assert.equal(
      crowdedOut(
        9,
        many(50, (i) => `10.0.0.${1 + i}`),
        at('10.0.1.1'),
        nobody,
      ),
      undefined,
    )
  })

  it('RS2: a /64 counts as one address, a /24 and a /48 as one where they have eight times as much', () => {
    const sixtyFour = many(2, (i) => `2001:db8::${1 + i}`)
    assert.equal(crowdedOut(9, sixtyFour, at('2001:db9::1'), nobody)?.port, 2)
    for (const [host, stranger] of [
      [(i: number) => `8.8.8.${1 + i}`, '8.8.9.1'],
      [(i: number) => `2001:db8:0:${1 + i}::1`, '2001:db8:1::1'],
    ] as const) {
      assert.equal(crowdedOut(9, many(7, host), at(stranger), nobody), undefined)
      assert.equal(crowdedOut(9, many(8, host), at(stranger), nobody)?.port, 8)
      assert.equal(crowdedOut(9, many(8, host), at(host(9)), nobody), undefined)
    }
  })

  it('RS2: an address of two and a subnet of many do not push each other out in turns', () => {
    const crowd = [...many(38, (i) => `8.8.8.${1 + i}`), ...many(2, () => '9.9.9.9')]
    assert.equal(crowdedOut(9, crowd, at('8.8.8.99'), nobody), undefined)
    assert.equal(crowdedOut(9, crowd, at('9.9.9.9', 99), nobody), undefined, 'it has its share of addresses')
  })

  it('RS2: whoever comes and goes, the places stop changing hands', () => {
    const hosts = fc.array(fc.nat({ max: 15 }), { minLength: 20, maxLength: 40 })
    const host = (index: number): string => (index < 8 ? `8.8.8.${1 + index}` : `9.9.${index}.1`)
    fc.assert(
      fc.property(hosts, fc.array(fc.nat({ max: 15 }), { maxLength: 2000 }), (first, comers) => {
        let here = first.map((index, i) => sharer(host(index), 1 + i))
        let changes = 0
        comers.forEach((index, i) => {
          const comer = sharer(host(index), 1000 + i)
          const loser = crowdedOut(0, here, comer.peer.address, nobody)
          if (loser === undefined) return
          assert.notEqual(hostKey(loser.peer.address), hostKey(comer.peer.address))
          assert.ok(ownerKey(loser.peer.address) !== ownerKey(comer.peer.address) || index < 8)
          changes += 1
          here = [...here.filter((one) => one !== loser), comer]
        })
        assert.equal(here.length, first.length)
        assert.ok(changes <= 4 * first.length, `${changes} changes`)
      }),
      { numRuns: 50 },
    )
  })
})
