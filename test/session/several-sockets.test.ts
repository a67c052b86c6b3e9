/** One session with several nodes, of one family or of two (BEP 32, BEP 45). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import { World } from '../../sim/hosts/world.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MILLISECOND, MINUTE, SECOND } from '../../src/core/time.ts'
import { dice } from '../support/dice.ts'
import { INFO_HASH, LoneNode } from '../support/lone-node.ts'
import { globalAddress } from '../support/virtual-dht.ts'

describe('a session with a node of each family', () => {
  it('4.15 asks a node that a peer has named by its IPv6 address over IPv6 alone', () => {
    const world = new World({ seed: 3 })
    const [first, host] = [world.addHost({ family: 'both' }), world.addHost({ family: 'both' })]
    bootSession(first, 0, { listen: false, bootstrap: [] }, () => {})
    const session = bootSession(host, 0, { listen: false, bootstrap: [] }, () => {})
    world.run(5 * SECOND)
    host.command({ kind: 'add-node', host: first.hosts[1]!, port: PORT })
    world.run(world.now + MILLISECOND)
    const asked = session.dhtStats(world.now).map(({ family, stats }) => [family, stats.queriesOut])
    assert.deepEqual(asked, [
      [4, 0],
      [6, 1],
    ])
  })

  it('4.13 is let in over IPv4 by a node that it knows over IPv6 alone', () => {
    const world = new World({ seed: 3 })
    const hosts = Array.from({ length: 10 }, () => world.addHost({ family: 'both' }))
    for (const [i, host] of hosts.entries()) {
      const bootstrap = i === 0 ? [] : hosts[0]!.hosts.map((entry) => ({ host: entry, port: PORT }))
      bootSession(host, 0, { listen: false, bootstrap }, () => {})
    }
    world.run(MINUTE)
    const late = world.addHost({ family: 'both' })
    const entry = [{ host: hosts[0]!.hosts[1]!, port: PORT }]
    const session = bootSession(late, world.now, { listen: false, bootstrap: entry }, () => {})
    world.run(world.now + 10 * SECOND)
    for (const { family, stats } of session.dhtStats(world.now))
      assert.ok(stats.nodes >= 8, `${stats.nodes} over IPv${family}`)
  })
})

describe('two nodes of one family', () => {
  const holder = globalAddress(1)
  const holderId = randomId(dice(1))
  /** Both know the same contacts. */
  const nodes = (): readonly LoneNode[] => {
    const all = [new LoneNode(), new LoneNode({ id: randomId(dice(2)) })]
    for (const lone of all) lone.befriend(holderId, holder)
    return all
  }

  it('8.03 each announce with the token that was given to themselves', () => {
    const used = nodes().map((lone, i) => {
      const before = lone.sent.length
      const announce = { port: 7, implied: false }
      lone.node.lookup(lone.now, { target: INFO_HASH, want: 'peers', announce }, { done: () => {} })
      const [asked] = lone.queries(before)
      lone.reply(asked!, holderId, latin1(`5:token2:t${i}`))
      const said = lone.queries(before).find(({ message }) => message.method === 'announce_peer')
      return toLatin1(said!.message.token!)
    })
    assert.deepEqual(used, ['t0', 't1'])
  })

  it('8.05 keep their tables to themselves: what one does not hear takes nothing from the other', () => {
    const [cut, well] = nodes() as [LoneNode, LoneNode]
    const others = new Map<string, Id>([[holder.text, holderId]])
    for (let i = 2; i < 6; i++) {
      const id = randomId(dice(50 + i))
      others.set(globalAddress(i).text, id)
      for (const lone of [cut, well]) lone.befriend(id, globalAddress(i))
    }
    for (const lone of [cut, well]) lone.node.start(lone.now, [])
    let seen = well.sent.length
    for (let at = SECOND; at < 60 * MINUTE; at += SECOND) {
      cut.run(Math.max(cut.now, at))
      well.run(Math.max(well.now, at))
      for (const query of well.queries(seen)) {
        const id = others.get(query.to.text)
        if (id !== undefined) well.reply(query, id)
      }
      seen = well.sent.length
    }
    assert.equal(cut.node.stats(cut.now).network.status, 'offline')
    assert.equal(well.node.stats(well.now).network.status, 'online')
    assert.deepEqual(
      [...well.node.contents.contacts].map((contact) => contact.address.text).sort(),
      [...others.keys()].sort(),
    )
    assert.equal(cut.node.snapshot().contacts.length, others.size, 'nor does it lose any itself')
  })
})
