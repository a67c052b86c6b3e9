import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { BanList } from '../../src/swarm/ban-list.ts'

const at = (host: string, port: number) => parseAddress(host, port)!
const ID = new Uint8Array(20).fill(7)

describe('the ban list', () => {
  it('CL15 refuses the endpoint and the peer id; the IP after a second endpoint on it', () => {
    const bans = new BanList(100)
    bans.ban(at('8.8.8.8', 1), ID, false)
    assert.ok(bans.refuses(at('8.8.8.8', 1)))
    assert.ok(bans.refuses(at('9.9.9.9', 5), ID))
    assert.equal(bans.refuses(at('8.8.8.8', 2)), false)
    bans.ban(at('8.8.8.8', 1), undefined, false)
    assert.equal(bans.refuses(at('8.8.8.8', 2)), false, 'the same endpoint is no second one')
    bans.ban(at('8.8.8.8', 3), undefined, false)
    assert.ok(bans.refuses(at('8.8.8.8', 2)))
  })

  it('CL10 refuses the IP at once when it holds one endpoint', () => {
    const bans = new BanList(100)
    bans.ban(at('8.8.8.8', 1), ID, true)
    assert.ok(bans.refuses(at('8.8.8.8', 2)))
  })

  it('counts the /64 of an IPv6 address as one IP', () => {
    const bans = new BanList(100)
    bans.ban(at('2a01:db8::1', 1), undefined, false)
    bans.ban(at('2a01:db8::2', 1), undefined, false)
    assert.ok(bans.refuses(at('2a01:db8::3', 1)))
    assert.equal(bans.refuses(at('2a01:db8:0:1::3', 1)), false)
  })

  it('never refuses an IP of the loopback or private scope', () => {
    const bans = new BanList(100)
    for (const host of ['127.0.0.1', '10.0.0.1']) {
      bans.ban(at(host, 1), undefined, true)
      bans.ban(at(host, 2), undefined, true)
      assert.equal(bans.refuses(at(host, 3)), false)
      assert.ok(bans.refuses(at(host, 2)))
    }
  })

  it('forgets the oldest when it is full', () => {
    const bans = new BanList(2)
    for (const port of [1, 2, 3]) bans.ban(at('127.0.0.1', port), undefined, false)
    assert.deepEqual(
      [1, 2, 3].map((port) => bans.refuses(at('127.0.0.1', port))),
      [false, true, true],
    )
  })

  it('counts strikes by IP in the global scope, by endpoint elsewhere', () => {
    const bans = new BanList(100)
    assert.deepEqual(
      [1, 2].map((port) => bans.strike(at('8.8.8.8', port))),
      [1, 2],
    )
    assert.deepEqual(
      [1, 2].map((port) => bans.strike(at('10.0.0.1', port))),
      [1, 1],
    )
    bans.forgive(at('8.8.8.8', 9))
    assert.equal(bans.strike(at('8.8.8.8', 1)), 1)
  })

  it('RS5 obeys a list that is replaced at any time', () => {
    const bans = new BanList(100)
    bans.setBlocklist((address) => address.host === '8.8.8.8')
    assert.ok(bans.refuses(at('8.8.8.8', 1)))
    bans.setBlocklist(() => false)
    assert.equal(bans.refuses(at('8.8.8.8', 1)), false)
  })
})
