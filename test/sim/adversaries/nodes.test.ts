import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eclipse, eclipseHost } from '../../../sim/adversaries/eclipse.ts'
import { bootFlooder } from '../../../sim/adversaries/flooder.ts'
import { sybils } from '../../../sim/adversaries/sybils.ts'
import { PORT } from '../../../sim/hosts/session-host.ts'
import { hostOf } from '../../../sim/network/addresses.ts'
import { type Address, parseAddress } from '../../../src/core/address.ts'
import { equalBytes } from '../../../src/core/bytes.ts'
import { commonPrefix, type Id, randomId } from '../../../src/core/id.ts'
import { dice } from '../../support/dice.ts'
import { Arena, type Participant } from './arena.ts'

const HASH = randomId(dice(77))

function idOf({ events }: Participant): Id {
  const listening = events.find((event) => event.kind === 'listening')
  assert.ok(listening?.nodeId !== undefined)
  return listening.nodeId
}

/** Where the next `count` hosts of a world of `hosts` will be. */
function nextPlaces(hosts: number, count: number): Address[] {
  return Array.from({ length: count }, (_, i) => parseAddress(hostOf(hosts + 1 + i), PORT)!)
}

describe('adversaries in the DHT', () => {
  it('sybils at an info-hash take every announce and hide every peer from those who trust whoever is nearest', () => {
    const finders = (count: number, lookupDoubt?: number): number => {
      const arena = new Arena(3)
      const trusting = lookupDoubt === undefined ? {} : { options: { lookupDoubt } }
      const honest = arena.network(40, { dht: trusting })
      const places = nextPlaces(40, count)
      const policies = sybils({ target: HASH, places })
      const evil = places.map(() => arena.node(honest[0], policies))
      arena.run(150)
      for (const sybil of evil) assert.ok(commonPrefix(idOf(sybil), HASH) >= 128)
      arena.lookup(honest[5]!, HASH, 6881)
      return honest.slice(10, 20).filter((seeker) => arena.lookup(seeker, HASH).peers > 0).length
    }
    assert.equal(finders(0), 10, 'without them, everybody finds the one that announced')
    assert.equal(finders(12, 0), 0)
    assert.equal(finders(12), 10, 'those who are alarmed ask behind them')
  })

  it('sybils answer like everybody where their hash is not concerned', () => {
    const arena = new Arena(3)
    const honest = arena.network(30)
    const places = nextPlaces(30, 8)
    for (const _ of places) arena.node(honest[0], sybils({ target: HASH, places }))
    arena.run(150)
    const other = randomId(dice(78))
    arena.lookup(honest[5]!, other, 6881)
    assert.ok(arena.lookup(honest[9]!, other).peers > 0)
  })

  it('sybils name the peers that they were given', () => {
    const arena = new Arena(3)
    const honest = arena.network(20)
    const places = nextPlaces(20, 8)
    const policies = sybils({ target: HASH, places, peers: [parseAddress('120.1.1.1', 1234)!] })
    for (const _ of places) arena.node(honest[0], policies)
    arena.run(150)
    arena.lookup(honest[4]!, HASH)
    const named = honest[4]!.events.flatMap((event) => (event.kind === 'lookup-peers' ? event.peers : []))
    assert.deepEqual([...new Set(named.map(({ text }) => text))], ['120.1.1.1:1234'])
  })

  it('an eclipse gets into the table of its victim and stands all around it', () => {
    const arena = new Arena(5)
    const honest = arena.network(30)
    const victim = arena.node(honest[0])
    arena.run(30)
    assert.ok(arena.lookup(victim, HASH).closest.length >= 8)
    const hosts = Array.from({ length: 60 }, (_, i) => eclipseHost(i, 20))
    const evil = new Set(hosts)
    const places = hosts.map((host) => parseAddress(host, PORT)!)
    const policies = eclipse({ victim: idOf(victim), places, depth: 6 })
    for (const host of hosts) arena.node(victim, policies, { host })
    arena.run(300)
    const contacts = [...victim.session.dhtTables()[0]!.contacts]
    const attackers = contacts.filter(({ address }) => evil.has(address.host)).length
    assert.ok(attackers / contacts.length > 0.4, `${attackers} of ${contacts.length}`)
    const beside = idOf(victim).slice()
    beside[19]! ^= 1
    const { closest } = arena.lookup(victim, beside)
    const seen = closest.filter(({ address }) => evil.has(address.host)).length
    assert.ok(seen >= 6, `${seen} of ${closest.length} near itself`)
  })

  it('attackers of an eclipse share as many subnets as they were given', () => {
    const hosts = Array.from({ length: 30 }, (_, i) => eclipseHost(i, 10))
    assert.equal(new Set(hosts).size, 30)
    assert.equal(new Set(hosts.map((host) => host.slice(0, host.lastIndexOf('.')))).size, 10)
    assert.ok(hosts.every((host) => parseAddress(host, 1)!.scope === 'global'))
  })

  it('a flood of forged announces is not stored, and answered within the limit per source', () => {
    const arena = new Arena(6)
    const [node] = arena.network(3)
    const flood = { targets: [node!.host.address(PORT)], perSecond: 500, infoHash: HASH }
    const forger = bootFlooder(arena.world.addHost(), arena.now, { ...flood, method: 'announce_peer' })
    arena.run(20)
    assert.ok(forger.queries >= 9_900, `${forger.queries}`)
    assert.equal(forger.responses, 0)
    assert.ok(forger.errors > 0 && forger.errors < forger.queries / 2, `${forger.errors}`)
    const { peers, dropped } = node!.session.dhtStats(arena.now)[0]!.stats
    assert.equal(peers, 0)
    assert.ok(dropped.get('query-limit')! > 5_000)
    const asker = bootFlooder(arena.world.addHost(), arena.now, { ...flood, method: 'get_peers' })
    arena.run(5)
    assert.ok(asker.responses > 0, 'what is asked for rightly is answered')
  })

  it('a flood with forged sources lets the answers go to others, as far as the limit per source allows', () => {
    const arena = new Arena(6)
    const { world } = arena
    const [node] = arena.network(3)
    const bystander = arena.node(undefined)
    const attacker = world.addHost()
    const flooder = bootFlooder(attacker, arena.now, {
      targets: [node!.host.address(PORT)],
      perSecond: 100,
      method: 'find_node',
      sources: [bystander.host.address(PORT)],
      forge: (from, to, datagram) => world.udp.inject(attacker, from, to, datagram),
    })
    const before = bystander.host.down.carried
    arena.run(10)
    assert.ok(flooder.queries >= 990)
    assert.equal(flooder.responses + flooder.errors, 0, 'nothing comes back')
    const reflected = bystander.host.down.carried - before
    assert.ok(reflected > 1_000, `${reflected} bytes hit the bystander`)
    assert.ok(reflected < flooder.sentBytes, `${reflected} for ${flooder.sentBytes}`)
  })

  it('have ids that are functions of target and place, so that they outlast a restart', () => {
    const places = nextPlaces(0, 5)
    const sybilAt = (index: number): Id => sybils({ target: HASH, places }).dht!.nodeId!(places[index]!)
    assert.ok(equalBytes(sybilAt(1), sybilAt(1)) && !equalBytes(sybilAt(0), sybilAt(1)))
    const { nodeId } = eclipse({ victim: HASH, places, depth: 4 }).dht!
    for (const [depth, place] of places.entries()) assert.equal(commonPrefix(nodeId!(place), HASH), depth)
  })
})
