import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ExternalAddress } from '../../src/dht/external-address.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const HERE = address('60.77.1.1', 6881)
const THERE = address('60.88.1.1', 6881)

describe('external address', () => {
  it('is settled by as many subnets as it takes, and not by one that speaks often', () => {
    const external = new ExternalAddress(3)
    for (let i = 0; i < 50; i++) assert.equal(external.vote(address('60.1.1.9', 1000 + i), HERE), undefined)
    assert.equal(external.vote(globalAddress(1), HERE), undefined)
    assert.equal(external.vote(globalAddress(2), HERE), HERE)
    assert.equal(external.settled, HERE)
    assert.equal(external.vote(globalAddress(3), HERE), undefined, 'said once')
  })

  it('moves only when the new one has twice the votes of the old', () => {
    const external = new ExternalAddress(3)
    for (let i = 0; i < 6; i++) external.vote(globalAddress(i), HERE)
    for (let i = 10; i < 20; i++) assert.equal(external.vote(globalAddress(i), THERE), undefined)
    assert.equal(external.vote(globalAddress(20), THERE), THERE)
  })

  it('takes no vote for an address that the voter may not name, or of the other family', () => {
    const external = new ExternalAddress(1)
    for (const named of ['192.168.1.1', '127.0.0.1', '0.0.0.0', '224.0.0.1', '2001:db8::1']) {
      assert.equal(external.vote(globalAddress(1), address(named)), undefined)
    }
    assert.equal(external.vote(globalAddress(1), address('60.1.1.1', 0)), undefined)
    assert.equal(external.vote(address('127.0.0.1'), address('127.0.0.1')), address('127.0.0.1'))
  })
})
