import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { ExternalAddress } from '../../src/dht/identity/external-address.ts'
import { address } from '../support/virtual-dht.ts'

const HERE = address('60.77.1.1', 6881)
const THERE = address('60.88.1.1', 6881)

/** Voters of as many /16s. */
function voter(index: number): Address {
  return address(`${61 + index}.1.1.9`)
}

describe('external address', () => {
  it('6.13 is settled by as many networks as it takes, and not by one that speaks often', () => {
    const external = new ExternalAddress(3)
    for (let i = 0; i < 200; i++)
      assert.equal(external.vote(address(`60.1.${i}.9`, 1000 + i), HERE), undefined)
    assert.equal(external.vote(voter(1), HERE), undefined)
    assert.equal(external.vote(voter(2), HERE), HERE)
    assert.equal(external.settled, HERE)
    assert.equal(external.vote(voter(3), HERE), undefined, 'said once')
  })

  it('6.13 takes one vote from a /32 of IPv6', () => {
    const external = new ExternalAddress(2)
    const own = address('2001:db8::1')
    for (let i = 0; i < 20; i++) assert.equal(external.vote(address(`2a00:1:${i}::1`), own), undefined)
    assert.equal(external.vote(address('2a00:2::1'), own), own)
  })

  it('6.13 is not settled while another has two thirds of the votes for it', () => {
    const votes = (here: number, there: number): Address | undefined => {
      const external = new ExternalAddress(3)
      for (let i = 0; i < there; i++) external.vote(voter(i), THERE)
      let settled: Address | undefined
      for (let i = 0; i < here; i++) settled = external.vote(voter(10 + i), HERE)
      return settled
    }
    assert.equal(votes(3, 2), undefined)
    assert.equal(votes(3, 1), HERE)
    assert.equal(votes(6, 2), undefined, 'it was settled before the last vote')
  })

  it('6.13 moves when the new address has more than half as many votes again as the old', () => {
    const external = new ExternalAddress(3)
    for (let i = 0; i < 6; i++) external.vote(voter(i), HERE)
    for (let i = 10; i < 19; i++) assert.equal(external.vote(voter(i), THERE), undefined)
    assert.equal(external.vote(voter(19), THERE), THERE)
  })

  it('6.13 has the port that enough and two thirds of them see, and none where each sees another', () => {
    const external = new ExternalAddress(3)
    const port = (): number | undefined => external.settled?.port
    for (let i = 0; i < 3; i++) external.vote(voter(i), address(HERE.host, 1_000 + i))
    assert.deepEqual([external.settled?.host, port()], [HERE.host, 0])
    for (let i = 3; i < 8; i++) assert.equal(external.vote(voter(i), HERE), undefined)
    assert.equal(external.vote(voter(8), HERE), HERE, 'six of nine')
    assert.equal(external.vote(voter(9), HERE), undefined, 'said once')
    assert.equal(
      external.vote(voter(10), address(HERE.host, 1_000)),
      address(HERE.host, 0),
      'seven of eleven',
    )
  })

  it('6.14 takes no vote for an address that the voter may not name, or of the other family', () => {
    const external = new ExternalAddress(1)
    for (const named of ['192.168.1.1', '127.0.0.1', '0.0.0.0', '224.0.0.1', '2001:db8::1']) {
      assert.equal(external.vote(voter(1), address(named)), undefined)
    }
    assert.equal(external.vote(voter(1), address('60.1.1.1', 0)), undefined)
    assert.equal(external.vote(address('127.0.0.1'), address('127.0.0.1')), address('127.0.0.1'))
  })
})
