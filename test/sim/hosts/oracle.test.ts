import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Oracle } from '../../../sim/hosts/oracle.ts'
import { PORT } from '../../../sim/hosts/session-host.ts'
import { warmStart } from '../../../sim/hosts/warm-start.ts'
import { World } from '../../../sim/hosts/world.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { commonPrefix, compareDistance, type Id } from '../../../src/core/id.ts'
import { MINUTE, SECOND } from '../../../src/core/time.ts'
import type { SessionEvent } from '../../../src/session/events.ts'
import { Session } from '../../../src/session/session.ts'

function worldOf(hosts: number): World {
  const world = new World({ seed: 5 })
  for (let i = 0; i < hosts; i++) world.addHost()
  return world
}

/** How many of `ids` share exactly 0, 1, 2, … bits with `own`. */
function spreadOf(own: Id, ids: readonly Id[]): number[] {
  const counts: number[] = []
  for (const id of ids) {
    const shared = commonPrefix(own, id)
    while (counts.length <= shared) counts.push(0)
    counts[shared]! += 1
  }
  return counts
}

describe('an oracle', () => {
  it('fills every bucket with different nodes that belong there, as many as fit or as there are', () => {
    const { seed, hosts } = worldOf(300)
    const oracle = new Oracle(seed, hosts, { contactsPerBucket: 8 })
    const ids = hosts.map((host) => oracle.idOf(host))
    for (const host of hosts.slice(0, 50)) {
      const { id, contacts } = oracle.handover(host)
      const others = ids.filter((other) => other !== id)
      const named = contacts.map((contact) => contact.id)
      assert.equal(new Set(named.map(toHex)).size, named.length)
      const wanted = spreadOf(id, others).map((count) => Math.min(count, 8))
      assert.deepEqual(spreadOf(id, named), wanted)
    }
  })

  it('draws each node of a bucket as often as the others, and old ones more often when told of uptimes', () => {
    const { seed, hosts } = worldOf(200)
    const share = (uptime?: (index: number) => number): number => {
      const oracle = new Oracle(seed, hosts, {
        contactsPerBucket: 8,
        ...(uptime === undefined ? {} : { uptime: (host) => uptime(host.index) }),
      })
      const young = new Set(hosts.slice(0, 100).map((host) => host.address(PORT).text))
      const named = hosts.flatMap((host) => oracle.handover(host).contacts)
      return named.filter(({ address }) => young.has(address.text)).length / named.length
    }
    assert.ok(Math.abs(share() - 0.5) < 0.05)
    assert.ok(share((index) => index) < 0.45)
  })

  it('puts as many dead contacts into tables as it is asked for, each in its bucket', () => {
    const { seed, hosts } = worldOf(300)
    const sound = new Oracle(seed, hosts, { contactsPerBucket: 8 })
    const alive = new Set(hosts.map((host) => host.address(PORT).text))
    const oracle = new Oracle(seed, hosts, { contactsPerBucket: 8, deadShare: 0.2 })
    let [dead, all] = [0, 0]
    for (const host of hosts) {
      const { id, contacts } = oracle.handover(host)
      const bits = (ids: readonly { readonly id: Id }[]): number[] =>
        spreadOf(
          id,
          ids.map((contact) => contact.id),
        )
      assert.deepEqual(bits(contacts), bits(sound.handover(host).contacts))
      dead += contacts.filter(({ address }) => !alive.has(address.text)).length
      all += contacts.length
    }
    assert.ok(Math.abs(dead / all - 0.2) < 0.02, `${dead / all}`)
  })
})

describe('a warm start', () => {
  it('lets nodes find exactly the nearest nodes from the first second on', () => {
    const world = worldOf(400)
    const events: SessionEvent[] = []
    const { level, oracle } = warmStart(world, world.hosts, { emit: (_, event) => events.push(event) })
    world.run(SECOND)
    assert.equal(level, 'warm')
    assert.equal(events.filter(({ kind }) => kind === 'ready').length, 400)
    const ids = world.hosts.map((host) => oracle.idOf(host))
    world.hosts.slice(0, 40).forEach((host, i) => {
      const target = new Uint8Array(20).fill(6 * i)
      host.command({ kind: 'lookup', lookup: i + 1, target, want: 'nodes' })
    })
    world.run(world.now + MINUTE)
    const found = events.filter((event) => event.kind === 'lookup')
    assert.equal(found.length, 40)
    for (const { lookup, target, closest } of found) {
      const own = oracle.idOf(world.hosts[lookup - 1]!)
      const nearest = ids
        .filter((id) => id !== own)
        .sort((a, b) => compareDistance(target, a, b))
        .slice(0, 8)
      assert.deepEqual(closest.map(({ id }) => toHex(id)).sort(), nearest.map(toHex).sort())
    }
  })

  it('keeps tables true over the quarter of an hour in which all contacts come of age', () => {
    const world = worldOf(100)
    warmStart(world, world.hosts, { contactsPerBucket: 8, deadShare: 0.1 })
    world.run(20 * MINUTE)
    const alive = new Set(world.hosts.map((host) => host.address(PORT).text))
    for (const { machine } of world.hosts) {
      assert.ok(machine instanceof Session)
      const [table] = machine.dhtTables()
      const contacts = [...table!.contacts]
      assert.ok(contacts.length >= 40)
      assert.deepEqual(
        contacts.filter(({ address }) => !alive.has(address.text)),
        [],
      )
    }
  })
})
