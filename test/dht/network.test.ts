/** Whole networks in virtual time, on the same machine that real sockets run. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sharedNode } from '../../src/codec/shared-nodes.ts'
import type { Address, Scope } from '../../src/core/address.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MILLISECOND, MINUTE, SECOND } from '../../src/core/time.ts'
import type { LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { dice } from '../support/dice.ts'
import { address, globalAddress, type Member, VirtualDht } from '../support/virtual-dht.ts'

/** `count` nodes that all know the first; one starts every 50 ms. */
function network(count: number, seed: number, loss: number): VirtualDht {
  const net = new VirtualDht({ seed, loss })
  for (let i = 0; i < count; i++) {
    const member = net.add(globalAddress(i))
    net.schedule(i * 50 * MILLISECOND, member, (node, now) => {
      if (i > 0) node.addNode(now, net.members[0]!.address)
      node.start(now, [])
    })
  }
  return net
}

function ready(net: VirtualDht): Member[] {
  return net.members.filter(({ events }) =>
    events.some(({ event }) => event.kind === 'ready' && event.nodes > 0),
  )
}

interface Tally {
  exact: number
  queries: number
  done: number
}

/** `count` look-ups of random targets by random members, one every 100 ms. */
function lookUp(net: VirtualDht, count: number): Tally {
  const draw = dice(99)
  const tally: Tally = { exact: 0, queries: 0, done: 0 }
  for (let i = 0; i < count; i++) {
    const member = net.members[draw.u32() % net.members.length]!
    const target = randomId(draw)
    const done = (_: number, result: LookupResult): void => {
      tally.done += 1
      tally.queries += result.queries
      const nearest = net.nearest(target, 8, member)
      if (sameIds(nearest, result)) tally.exact += 1
    }
    net.schedule(i * 100 * MILLISECOND, member, (node, now) => {
      node.lookup(now, { target, want: 'nodes' }, { done })
    })
  }
  net.run(net.now + MINUTE + count * 100 * MILLISECOND, () => tally.done === count)
  return tally
}

function sameIds(ids: readonly Id[], { closest }: LookupResult): boolean {
  return closest.length === ids.length && ids.every((id, i) => equalBytes(id, closest[i]!.id))
}

/** How many of `count` info-hashes, each announced by one member, another member finds; it asks half a minute later. */
function announceAndFind(net: VirtualDht, count: number): number {
  const draw = dice(5)
  let found = 0
  for (let i = 0; i < count; i++) {
    const infoHash = randomId(draw)
    const seeder = net.members[draw.u32() % net.members.length]!
    const seeker = net.members[draw.u32() % net.members.length]!
    net.schedule(0, seeder, (node, now) => node.publish(now, infoHash, 6000 + i))
    net.schedule(30 * SECOND, seeker, (node, now) => {
      let isFound = false
      node.lookup(
        now,
        { target: infoHash, want: 'peers' },
        {
          peers: (_, peers) => {
            isFound ||= peers.some((peer) => peer.host === seeder.address.host && peer.port === 6000 + i)
          },
          done: () => {
            if (isFound) found += 1
          },
        },
      )
    })
  }
  net.run(net.now + MINUTE)
  return found
}

describe('a network of 300 nodes in virtual time', () => {
  it('joins as a whole, finds the true eight nearest in 99 of 100 look-ups, and finds what was announced', () => {
    const net = network(300, 7, 0)
    net.run(20 * SECOND)
    assert.equal(ready(net).length, 300)
    // Nodes with 64 good contacts verify those who joined with them only after 90 s of silence.
    net.run(4 * MINUTE)
    const { exact, done, queries } = lookUp(net, 200)
    assert.equal(done, 200)
    assert.ok(exact >= 198, `${exact} of 200`)
    assert.ok(queries / done < 20, `${queries / done} queries each`)
    assert.equal(announceAndFind(net, 20), 20)
  })

  it('does so at 5 % loss, where more than eight of ten look-ups are exact and every announce is found', () => {
    const net = network(150, 8, 0.05)
    net.run(30 * SECOND)
    assert.equal(ready(net).length, 150)
    net.run(4 * MINUTE)
    const { exact, done } = lookUp(net, 100)
    assert.equal(done, 100)
    assert.ok(exact >= 84, `${exact} of 100`)
    assert.equal(announceAndFind(net, 20), 20)
  })

  it('runs the same way for the same seed, and another way for another', () => {
    const digests = [3, 3, 4].map((seed) => {
      const net = network(60, seed, 0.05)
      net.run(3 * MINUTE)
      return `${net.digest}/${net.sent}`
    })
    assert.equal(digests[0], digests[1])
    assert.notEqual(digests[0], digests[2])
  })

  it('2.33 3.17 keeps working when a third of the nodes lie about who is near', () => {
    const net = new VirtualDht({ seed: 17 })
    const draw = dice(18)
    for (let i = 0; i < 120; i++) {
      const isLiar = i > 0 && i % 3 === 0
      const member = net.add(
        globalAddress(i),
        isLiar
          ? {
              responder: () => ({
                answer: (_, __, { target }) => ({
                  kind: 'response',
                  fields: {
                    nodes: [sharedNode(target ?? randomId(draw), globalAddress(5000 + (draw.u32() % 999)))],
                  },
                }),
              }),
            }
          : {},
      )
      net.schedule(i * 50 * MILLISECOND, member, (node, now) => {
        if (i > 0) node.addNode(now, net.members[0]!.address)
        node.start(now, [])
      })
    }
    net.run(4 * MINUTE)
    const ends: LookupResult[] = []
    for (const member of net.members.slice(0, 30)) {
      net.input(member, (node, now) => {
        node.lookup(
          now,
          { target: randomId(draw), want: 'peers' },
          { done: (_, result) => ends.push(result) },
        )
      })
    }
    net.run(net.now + 2 * MINUTE)
    assert.equal(ends.length, 30)
    for (const { queries, closest } of ends) {
      assert.ok(queries <= 256)
      assert.ok(closest.length >= 4)
    }
  })
})

describe('a private network of three nodes', () => {
  for (const order of ['first', 'last'] as const) {
    it(`is connected in 5 s and finds an announce, its known node starting ${order}`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        for (const scope of ['loopback', 'private', 'global'] as const) privateNetwork(seed, scope, order)
      }
    })
  }
})

function privateNetwork(seed: number, scope: Scope, order: 'first' | 'last'): void {
  const net = new VirtualDht({ seed })
  const places = [0, 1, 2].map((i) => {
    if (scope === 'global') return globalAddress(i)
    return address(scope === 'loopback' ? '127.0.0.1' : '192.168.4.4', 7000 + i)
  })
  places.forEach((place, i) => {
    const member = net.add(place)
    const start = (order === 'first' ? i : 2 - i) * 450 * MILLISECOND
    net.hold(member, start)
    net.schedule(start, member, (node, now) => {
      node.addNode(now, places[0]!)
      node.start(now, [])
      if (i === 1) node.publish(now, new Uint8Array(20), 4444)
    })
  })
  net.run(5 * SECOND)
  assert.equal(ready(net).length, 3)
  for (const { node } of net.members) assert.equal(node.stats(net.now).nodes, 2)
  const found: string[] = []
  net.input(net.members[2]!, (node, now) => {
    const peers = (_: number, peers: readonly Address[]): void => {
      found.push(...peers.map(({ text }) => text))
    }
    node.lookup(now, { target: new Uint8Array(20), want: 'peers' }, { peers, done: () => {} })
  })
  net.run(8 * SECOND)
  assert.deepEqual(found, [`${places[1]!.host}:4444`])
}
