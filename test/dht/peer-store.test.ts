import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readPeers } from '../../src/codec/compact.ts'
import { mark, placeOf } from '../../src/codec/scrape-filter.ts'
import { type Address, limitKey, type Scope, withPort } from '../../src/core/address.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import { PeerStore } from '../../src/dht/answering/peer-store.ts'
import { DHT_DEFAULTS, type DhtOptions } from '../../src/dht/options.ts'
import { resolveDhtOptions } from '../../src/dht/resolve-dht-options.ts'
import { dice } from '../support/dice.ts'
import { INFO_HASH, OWN_ID } from '../support/lone-node.ts'
import { address, globalAddress, sha1 } from '../support/virtual-dht.ts'

function storeOf(options: DhtOptions = DHT_DEFAULTS, family: 4 | 6 = 4): PeerStore {
  return new PeerStore(OWN_ID, family, options, dice(4), sha1)
}

/** What askers of `scope` are told. */
function told(
  store: PeerStore,
  now: Micros,
  hash: Id,
  count: number,
  scope: Scope = 'loopback',
  family: 4 | 6 = 4,
): Address[] {
  return readPeers(store.sample(now, hash, count, scope), family)
}

describe('peer store', () => {
  it('1.27 1.29 keeps one entry per hash and IP, with the port of the last announce', () => {
    const store = storeOf()
    for (let port = 1; port <= 1350; port++) store.add(0, INFO_HASH, address('60.1.1.1', port))
    assert.deepEqual(
      told(store, 0, INFO_HASH, 100, 'global').map(({ text }) => text),
      ['60.1.1.1:1350'],
    )
    assert.equal(store.peers, 1)
  })

  it('keeps one entry per endpoint in the narrower scopes', () => {
    const store = storeOf()
    for (let port = 1; port <= 10; port++) store.add(0, INFO_HASH, address('127.0.0.1', port))
    assert.equal(told(store, 0, INFO_HASH, 100).length, 10)
  })

  it('1.31 forgets a peer 45 minutes after its last announce', () => {
    const store = storeOf()
    store.add(0, INFO_HASH, globalAddress(1))
    store.add(0, INFO_HASH, globalAddress(2))
    store.add(30 * MINUTE, INFO_HASH, globalAddress(1))
    assert.equal(told(store, 45 * MINUTE - SECOND, INFO_HASH, 9).length, 2)
    assert.deepEqual(told(store, 45 * MINUTE, INFO_HASH, 9), [globalAddress(1)])
    assert.equal(told(store, 75 * MINUTE, INFO_HASH, 9).length, 0)
    assert.deepEqual([store.hashes, store.peers], [0, 0])
  })

  it('forgets hashes that nobody asks for', () => {
    const store = storeOf()
    const rng = dice(5)
    for (let i = 0; i < 50; i++) store.add(0, randomId(rng), globalAddress(i))
    store.add(46 * MINUTE, INFO_HASH, globalAddress(99))
    assert.deepEqual([store.hashes, store.peers], [1, 1])
  })

  it('1.30 draws a random sample of many', () => {
    const store = storeOf()
    for (let i = 0; i < 2000; i++) store.add(0, INFO_HASH, globalAddress(i))
    const times = new Map<string, number>()
    for (let round = 0; round < 200; round++) {
      const sample = told(store, 1, INFO_HASH, 100, 'global')
      assert.equal(new Set(sample).size, 100)
      for (const { text } of sample) times.set(text, (times.get(text) ?? 0) + 1)
    }
    assert.ok(times.size > 1990, 'everybody is named sooner or later')
    assert.ok(Math.max(...times.values()) < 40, 'and nobody all the time')
  })

  it('makes room for a hash at the cost of the subnet that holds most of it, or of the host in the narrower scopes', () => {
    const hosts = {
      '60.1.1': (i: number) => address(`60.1.1.${i}`),
      '2a01:db8::': (i: number) => address(`2a01:db8::${i.toString(16)}`),
      '127.0.0.1': (i: number) => address('127.0.0.1', i),
      'fe80::1': (i: number) => address('fe80::1', i),
    }
    for (const crowd of Object.values(hosts)) {
      const { family } = crowd(1)
      const store = storeOf(resolveDhtOptions({ maxPeersPerHash: 20 }), family)
      const honest = Array.from({ length: 10 }, (_, i) =>
        family === 4 ? globalAddress(i) : address(`2a02:${i}::1`),
      )
      for (const peer of honest) store.add(0, INFO_HASH, peer)
      for (let i = 1; i <= 250; i++) store.add(0, INFO_HASH, crowd(i))
      const found = told(store, 0, INFO_HASH, 99, 'loopback', family)
      assert.equal(found.length, 20)
      for (const peer of honest) assert.ok(found.includes(peer), peer.text)
      assert.ok(found.includes(crowd(250)) && !found.includes(crowd(240)), 'its oldest go')
    }
  })

  it('names to an asker only what its scope allows', () => {
    const store = storeOf()
    for (const host of ['60.1.1.1', '192.168.1.1', '127.0.0.1']) store.add(0, INFO_HASH, address(host))
    const seenFrom = (host: string): number => told(store, 0, INFO_HASH, 9, address(host).scope).length
    assert.deepEqual([seenFrom('60.9.9.9'), seenFrom('10.0.0.1'), seenFrom('127.0.0.1')], [1, 2, 3])
  })

  it('gives up the hash farthest from our id when there are too many', () => {
    const options = resolveDhtOptions({ maxHashes: 10 })
    const store = storeOf(options)
    const rng = dice(6)
    const ids = Array.from({ length: 100 }, () => randomId(rng))
    for (const id of ids) store.add(0, id, globalAddress(1))
    const nearest = [...ids].sort((a, b) => compareDistance(OWN_ID, a, b)).slice(0, 10)
    for (const id of nearest) assert.equal(told(store, 0, id, 1).length, 1)
    assert.equal(store.hashes, 10)
  })

  it('1.30 tells all that there are from a random one on, so that none is always last', () => {
    const store = storeOf()
    for (let i = 0; i < 20; i++) store.add(0, INFO_HASH, globalAddress(i))
    const last = new Set<Address>()
    for (let round = 0; round < 400; round++) {
      const all = told(store, 0, INFO_HASH, 20)
      assert.equal(new Set(all).size, 20)
      last.add(all.at(-1)!)
    }
    assert.equal(last.size, 20)
  })

  it('takes no peer of the other family', () => {
    const store = storeOf()
    assert.equal(store.add(0, INFO_HASH, address('2a01:db8::1')), false)
    assert.deepEqual([store.hashes, store.peers], [0, 0])
  })

  for (const [family, hosts] of [
    [4, ['60.1.1.1', '60.1.1.2', '60.2.1.1', '10.0.0.1', '127.0.0.1']],
    [6, ['2a01:db8::1', '2a01:db8::2', '2a01:db8:0:1::1', 'fe80::1', '::1']],
  ] as const) {
    it(`1.27 1.31 IPv${family}: keeps what a map by IP or endpoint keeps, and marks the filters of BEP 33 with it`, () => {
      const command = fc.record({
        host: fc.constantFrom(...hosts),
        port: fc.integer({ min: 1, max: 3 }),
        seeds: fc.boolean(),
        after: fc.nat(20),
      })
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
          const store = storeOf(DHT_DEFAULTS, family)
          const model = new Map<string, { peer: Address; until: Micros; seeds: boolean }>()
          let now = 0
          for (const { host, port, seeds, after } of commands) {
            now += after * MINUTE
            const peer = withPort(address(host), port)
            assert.equal(store.add(now, INFO_HASH, peer, seeds), true)
            model.set(peer.scope === 'global' ? peer.host : peer.text, {
              peer,
              until: now + 45 * MINUTE,
              seeds,
            })
          }
          const alive = [...model.values()].filter(({ until }) => until > now)
          const texts = (peers: readonly Address[]): string[] => peers.map(({ text }) => text).sort()
          assert.deepEqual(
            texts(told(store, now, INFO_HASH, 99, 'loopback', family)),
            texts(alive.map(({ peer }) => peer)),
          )
          const unseeded = readPeers(store.sample(now, INFO_HASH, 99, 'private', true), family)
          const wanted = alive.filter(({ peer, seeds }) => !seeds && peer.scope !== 'loopback')
          assert.deepEqual(texts(unseeded), texts(wanted.map(({ peer }) => peer)))
          const filters = { seedFilter: new Uint8Array(256), peerFilter: new Uint8Array(256) }
          for (const { peer, seeds } of alive)
            mark(seeds ? filters.seedFilter : filters.peerFilter, placeOf(sha1(peer.bytes)))
          const { seedFilter, peerFilter } = store.scrape(now, INFO_HASH) ?? filters
          assert.deepEqual({ seedFilter, peerFilter }, filters)
        }),
        { numRuns: 200 },
      )
    })
  }

  it('gives up the farthest hash of many, however long that goes on', () => {
    const rng = dice(8)
    const store = storeOf(resolveDhtOptions({ maxHashes: 600 }))
    const all = Array.from({ length: 3000 }, () => randomId(rng))
    all.forEach((id, i) => {
      // The first ones have expired when the others come.
      const now = i < 400 ? 0 : 50 * MINUTE
      store.add(now, id, globalAddress(1))
    })
    const now = 50 * MINUTE
    const nearest = all
      .slice(400)
      .sort((a, b) => compareDistance(OWN_ID, a, b))
      .slice(0, 600)
    assert.equal(store.hashes, 600)
    for (const id of nearest) assert.equal(told(store, now, id, 1).length, 1)
  })

  it('stays within its caps, and knows what a plain list of announces knows', () => {
    const options = resolveDhtOptions({ maxPeersPerHash: 5, maxStoredPeers: 12, maxHashes: 4 })
    const rng = dice(7)
    const hashes: Id[] = Array.from({ length: 6 }, () => randomId(rng))
    const announce = fc.record({ hash: fc.nat(5), peer: fc.nat(12), after: fc.nat(10) })
    fc.assert(
      fc.property(fc.array(announce, { maxLength: 150 }), (announces) => {
        const store = storeOf(options)
        const last = new Map<string, number>()
        let now = 0
        for (const { hash, peer, after } of announces) {
          now += after * MINUTE
          const at = globalAddress(peer)
          if (store.add(now, hashes[hash]!, at)) last.set(`${hash}/${limitKey(at)}`, now)
          assert.ok(store.hashes <= 4)
          assert.ok(store.peers <= 12)
        }
        let total = 0
        hashes.forEach((infoHash, hash) => {
          const found = told(store, now, infoHash, 99)
          assert.ok(found.length <= 5)
          total += found.length
          for (const at of found) {
            const announced = last.get(`${hash}/${limitKey(at)}`)
            assert.ok(announced !== undefined && now - announced < 45 * MINUTE)
          }
        })
        assert.equal(store.peers, total)
      }),
      { numRuns: 150 },
    )
  })
})
