import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeInfo } from '../../src/codec/compact.ts'
import { randomId } from '../../src/core/id.ts'
import { MILLISECOND, MINUTE, SECOND } from '../../src/core/time.ts'
import { Counters } from '../../src/dht/counters.ts'
import type { DhtEvent } from '../../src/dht/dht-init.ts'
import { EntryPoints } from '../../src/dht/entry/entry-points.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import { dice } from '../support/dice.ts'
import { LoneNode, packet } from '../support/lone-node.ts'
import { address, globalAddress, type Member, VirtualDht } from '../support/virtual-dht.ts'

const DEAD = address('60.240.0.1')

/** A network of `count` joined nodes. */
function running(count: number): VirtualDht {
  const net = new VirtualDht({ seed: 5 })
  for (let i = 0; i < count; i++) {
    const member = net.add(globalAddress(i))
    net.input(member, (node, now) => {
      if (i > 0) node.addNode(now, globalAddress(0))
      node.start(now, [])
    })
  }
  net.run(MINUTE)
  return net
}

/** What a node has said, changes of its network apart. */
function told(lone: LoneNode): DhtEvent[] {
  return lone.events.filter(({ kind }) => kind !== 'network')
}

describe('bootstrap', () => {
  it('asks an entry point again after half a second, one, two, and ever more slowly', () => {
    const lone = new LoneNode()
    lone.node.addNode(0, DEAD)
    lone.node.start(0, [])
    const times: number[] = []
    for (let at = 0; at < 600; at++) {
      const before = lone.sent.length
      lone.run((at + 1) * SECOND)
      for (const _ of lone.queries(before)) times.push(at)
    }
    assert.deepEqual(times.slice(0, 4), [0, 1, 3, 7], 'the first went out at the start')
    assert.ok(times.length < 120)
    assert.ok(
      times.every((at, i) => at - (times[i - 1] ?? 0) <= 7),
      'and it never gives up',
    )
  })

  it('says once that nobody answers', () => {
    const lone = new LoneNode()
    lone.node.addNode(0, DEAD)
    lone.node.start(0, [])
    lone.run(5 * MINUTE)
    assert.deepEqual(told(lone), [{ kind: 'no-nodes' }])
  })

  it('is ready, alone, when it was given nowhere to go, and ready again when somebody comes', () => {
    const lone = new LoneNode()
    lone.node.start(0, [])
    lone.run(MINUTE)
    assert.deepEqual(told(lone), [{ kind: 'ready', nodes: 0 }])
    const id = randomId(dice(1))
    lone.befriend(id, globalAddress(1))
    const join = lone.queries().find(({ message }) => message.method === 'find_node')!
    assert.equal(join.to, globalAddress(1))
    lone.reply(join, id)
    assert.deepEqual(told(lone)[1], { kind: 'ready', nodes: 1 })
  })

  it('9.18 joins through one saved contact that lives, whatever routers and other contacts do', () => {
    const net = running(20)
    const rng = dice(3)
    const dead: NodeInfo[] = Array.from({ length: 60 }, (_, i) => ({
      id: randomId(rng),
      address: globalAddress(900 + i),
    }))
    const alive: NodeInfo = { id: net.members[7]!.node.id, address: net.members[7]!.address }
    const late = net.add(globalAddress(500))
    net.input(late, (node, now) => {
      for (let i = 0; i < 3; i++) node.addNode(now, address(`60.240.0.${i + 1}`), 'router')
      node.start(now, [...dead, alive])
    })
    net.run(net.now + 10 * SECOND)
    const [first] = late.events.filter(({ event }) => event.kind === 'ready')
    assert.ok(first !== undefined)
  })

  it('tries the most recently seen saved contact first, and joins in a moment if it lives', () => {
    const net = running(20)
    const { contacts } = net.members[3]!.node.snapshot()
    const late = net.add(globalAddress(500))
    net.input(late, (node, now) => node.start(now, contacts))
    net.run(net.now + 2 * SECOND)
    assert.ok(late.events.some(({ event }) => event.kind === 'ready'))
    assert.ok(late.node.stats(net.now).nodes >= contacts.length)
  })

  const ways: readonly [what: string, start: (late: Member, net: VirtualDht) => void][] = [
    [
      'an entry point',
      (late, net) =>
        net.input(late, (node, now) => {
          node.addNode(now, globalAddress(0))
          node.start(now, [])
        }),
    ],
    [
      'a router among dead ones',
      (late, net) =>
        net.input(late, (node, now) => {
          for (let i = 0; i < 3; i++) node.addNode(now, address(`60.240.0.${i + 1}`), 'router')
          node.addNode(now, globalAddress(0), 'router')
          node.start(now, [])
        }),
    ],
    [
      'saved contacts, one in four of them alive',
      (late, net) =>
        net.input(late, (node, now) => {
          const rng = dice(11)
          const saved = Array.from({ length: 200 }, (_, i): NodeInfo => {
            const member = i % 4 === 0 ? net.members[(i / 4) % 20]! : undefined
            return {
              id: member?.node.id ?? randomId(rng),
              address: member?.address ?? globalAddress(1000 + i),
            }
          })
          node.start(now, saved)
        }),
    ],
  ]
  for (const [what, start] of ways) {
    it(`9.19 started without a network joins within ten seconds of its appearance, by ${what}`, () => {
      for (const after of [20, 61, 100.7, 603, 3607.3]) {
        const net = running(20)
        net.isDown = true
        const late = net.add(globalAddress(500))
        start(late, net)
        net.run(net.now + after * SECOND)
        assert.equal(late.node.stats(net.now).network.status === 'online', false)
        assert.equal(late.node.stats(net.now).nodes, 0)
        net.isDown = false
        net.run(net.now + 10 * SECOND)
        assert.ok(late.node.stats(net.now).nodes >= 8, `after ${after} s`)
        assert.equal(late.node.stats(net.now).network.status, 'online')
      }
    })
  }

  it('asks routers last: only when nobody else has let it in for a second', () => {
    const net = running(20)
    const late = net.add(globalAddress(500))
    const asked: string[] = []
    const watch = net.add(address('60.240.0.1'), {
      responder: () => ({
        answer: (_now, from) => {
          asked.push(from.host)
          return undefined
        },
      }),
    })
    net.input(late, (node, now) => {
      node.addNode(now, watch.address, 'router')
      node.addNode(now, globalAddress(0))
      node.start(now, [])
    })
    net.run(net.now + 3 * SECOND)
    assert.ok(late.node.stats(net.now).nodes >= 8)
    assert.deepEqual(asked, [])
    const lone = new LoneNode()
    lone.node.addNode(0, globalAddress(1), 'router')
    lone.node.addNode(0, globalAddress(2))
    lone.node.start(0, [])
    lone.run(2 * SECOND)
    const hosts = lone.queries().map(({ to }) => to.host)
    assert.equal(hosts[0], globalAddress(2).host)
    assert.ok(hosts.includes(globalAddress(1).host))
    const alone = new LoneNode()
    alone.node.addNode(0, globalAddress(1), 'router')
    alone.node.start(0, [])
    assert.equal(alone.queries().length, 1, 'where there is nobody else, at once')
  })

  it('asks first, when it has lost all, whom it was let in by before, and a few more at each step', () => {
    const points = new EntryPoints({ options: DHT_DEFAULTS, dice: dice(1), counters: new Counters() })
    for (let i = 0; i < 30; i++) points.add(0, globalAddress(i), 'node', false)
    for (const entry of points.due(0, true)) entry.score = entry.address === globalAddress(20) ? 1 : -1
    points.restart(SECOND, false)
    const first = points.due(SECOND, true)
    assert.equal(first[0]!.address, globalAddress(20))
    assert.equal(first.length, 8)
    assert.equal(points.due(1.3 * SECOND, true).length, 8)
  })

  it('9.15 asks one of the nodes of an IP that remotes name', () => {
    const lone = new LoneNode()
    for (let port = 1; port <= 1000; port++) lone.node.addNode(0, address('60.9.9.9', port), 'hint')
    lone.node.start(0, [])
    assert.equal(lone.queries().length, 1)
    const joined = new LoneNode()
    joined.node.start(0, [])
    const id = randomId(dice(9))
    joined.befriend(id, globalAddress(1))
    joined.reply(joined.queries().find(({ message }) => message.method === 'find_node')!, id)
    const before = joined.sent.length
    for (let port = 1; port <= 1000; port++)
      joined.node.addNode(joined.now, address('60.9.9.9', port), 'hint')
    joined.run(joined.now + 50 * SECOND)
    const asked = joined.queries(before).filter(({ to }) => to.host === '60.9.9.9')
    assert.equal(asked.length, 1)
  })

  it('still reaches its entry point when a stranger, who knows nobody else, has found it first', () => {
    const net = running(3)
    const [late, stranger] = [net.add(globalAddress(500)), net.add(globalAddress(501))]
    net.isDown = true
    net.input(late, (node, now) => {
      node.addNode(now, globalAddress(0))
      node.start(now, [])
    })
    net.run(net.now + SECOND)
    net.isDown = false
    net.input(stranger, (node, now) => {
      node.addNode(now, globalAddress(500))
      node.start(now, [])
    })
    net.run(net.now + 10 * SECOND)
    assert.deepEqual(
      [late, stranger].map(({ node }) => node.stats(net.now).nodes),
      [4, 4],
    )
  })

  it('is ready as soon as only dead nodes are waited for, while its own look-up goes on for late replies', () => {
    const net = running(6)
    for (const gone of net.members.slice(3)) net.remove(gone)
    const late = net.add(globalAddress(500))
    const start = net.now
    net.input(late, (node, now) => {
      node.addNode(now, globalAddress(0))
      node.start(now, [])
    })
    net.run(start + 3 * SECOND)
    const ready = late.events.map(({ event }) => event).filter(({ kind }) => kind === 'ready')
    assert.deepEqual(ready, [{ kind: 'ready', nodes: 3 }])
  })

  it('9.20 takes nodes from a router and never makes it a contact', () => {
    const net = running(20)
    const late = net.add(globalAddress(500))
    net.input(late, (node, now) => {
      node.addNode(now, globalAddress(0), 'router')
      node.start(now, [])
    })
    net.run(net.now + MINUTE)
    const { contacts } = late.node.snapshot()
    assert.ok(contacts.length >= 8)
    assert.equal(
      contacts.some((contact) => contact.address === globalAddress(0)),
      false,
    )
  })

  it('9.09 looks up its own id once somebody answered', () => {
    const lone = new LoneNode()
    lone.node.addNode(0, DEAD)
    lone.node.start(0, [])
    const [query] = lone.queries()
    assert.equal(query!.message.method, 'find_node')
    assert.deepEqual(query!.message.target, lone.node.id)
  })

  it('pays no attention to itself as an entry point', () => {
    const net = new VirtualDht({ seed: 1 })
    const member = net.add(globalAddress(0))
    net.input(member, (node, now) => {
      node.addNode(now, globalAddress(0))
      node.start(now, [])
    })
    net.run(MINUTE)
    assert.equal(member.node.stats(net.now).nodes, 0)
    assert.equal(member.node.stats(net.now).queriesIn, 0)
  })

  it('3.32 evicts nobody while everything fails, and goes on when the network is back', () => {
    const net = running(30)
    const known = net.members.map(({ node }) => node.snapshot().contacts.length)
    net.run(net.now + 13 * MINUTE)
    net.isDown = true
    net.run(net.now + 20 * MINUTE)
    assert.ok(net.members.every(({ node }) => node.stats(net.now).network.status === 'offline'))
    const events = net.members.map((member) => member.events.length)
    net.isDown = false
    net.run(net.now + 3 * MINUTE)
    net.members.forEach(({ node }, i) => {
      assert.ok(node.stats(net.now).nodes >= known[i]! - 1, `${node.stats(net.now).nodes} of ${known[i]}`)
      assert.ok(events[i]! >= 1)
    })
  })

  it('forgets the oldest node, never a router, when too many entry points are named', () => {
    const lone = new LoneNode({ options: { maxEntries: 4 } })
    for (let i = 0; i < 3; i++) lone.node.addNode(0, address(`60.240.0.${i + 1}`), 'router')
    for (let i = 0; i < 50; i++) lone.node.addNode(0, globalAddress(i))
    lone.node.start(0, [])
    lone.run(1.2 * SECOND)
    assert.deepEqual(
      [...new Set(lone.queries().map(({ to }) => to.host))],
      [globalAddress(49).host, '60.240.0.1', '60.240.0.2', '60.240.0.3'],
    )
  })

  it('9.14 9.15 checks a node that a peer names once a minute at most, and inserts it only when it answers', () => {
    const net = running(20)
    const member = net.members[4]!
    const named = net.add(globalAddress(700))
    const before = member.node.stats(net.now).queriesOut
    for (let i = 0; i < 1000; i++) net.input(member, (node, now) => node.addNode(now, DEAD))
    assert.equal(member.node.stats(net.now).queriesOut, before + 1)
    net.input(member, (node, now) => node.addNode(now, named.address))
    assert.equal(
      member.node.snapshot().contacts.some(({ address: at }) => at === named.address),
      false,
    )
    net.run(net.now + SECOND)
    assert.ok(member.node.snapshot().contacts.some(({ address: at }) => at === named.address))
  })

  it('lets a look-up that is asked for while it joins wait for that, within its deadline', () => {
    const net = running(20)
    const late = net.add(globalAddress(500))
    let responses = -1
    net.input(late, (node, now) => {
      node.addNode(now, globalAddress(0))
      node.start(now, [])
      node.lookup(
        now,
        { target: net.members[9]!.node.id, want: 'nodes' },
        {
          done: (_, result) => {
            responses = result.responses
          },
        },
      )
    })
    net.run(net.now + 5 * SECOND)
    assert.ok(responses >= 8)
    const lone = new LoneNode()
    const ends: string[] = []
    lone.node.addNode(0, DEAD)
    lone.node.start(0, [])
    lone.node.lookup(
      0,
      { target: lone.node.id, want: 'nodes', deadline: 3 * SECOND },
      { done: (_, { ended }) => ends.push(ended) },
    )
    lone.run(4 * SECOND)
    assert.deepEqual(ends, ['deadline'])
  })

  it('sends nothing after it was stopped, and ends what was asked of it', () => {
    const lone = new LoneNode()
    const ends: string[] = []
    lone.node.addNode(0, DEAD)
    lone.node.start(0, [{ id: randomId(dice(1)), address: globalAddress(1) }])
    lone.node.ping(0, globalAddress(2), (outcome) => ends.push(outcome.ok ? 'ok' : outcome.reason))
    lone.node.lookup(0, { target: lone.node.id, want: 'peers' }, { done: (_, { ended }) => ends.push(ended) })
    lone.node.publish(0, lone.node.id, 'implied', { done: (_, { ended }) => ends.push(ended) })
    lone.node.stop(MILLISECOND)
    assert.deepEqual(ends.sort(), ['cancelled', 'cancelled', 'stopped'])
    const before = lone.sent.length
    lone.receive(globalAddress(4), packet('d1:ad<A>e1:q4:ping<z>'))
    lone.node.addNode(1, globalAddress(5))
    lone.node.ping(1, globalAddress(6), ({ ok }) => assert.equal(ok, false))
    lone.node.lookup(
      1,
      { target: lone.node.id, want: 'peers' },
      { done: (_, { ended }) => assert.equal(ended, 'refused') },
    )
    lone.node.publish(1, lone.node.id, 1)
    lone.run(MINUTE)
    assert.equal(lone.sent.length, before)
    assert.equal(lone.node.nextDeadline(), Number.POSITIVE_INFINITY)
  })
})
