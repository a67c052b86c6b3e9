import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession, PORT } from '../../../sim/hosts/session-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import { SECOND } from '../../../src/core/time.ts'
import type { Session } from '../../../src/session/session.ts'

type Family = 4 | 6 | 'both'

/** How many contacts each node has at last, and how many datagrams went over each family. */
function dht(families: readonly Family[]): {
  nodes: number[]
  datagrams: Record<4 | 6, number>
  first: Session
} {
  const world = new World({ seed: 5 })
  const nodes = families.map(() => 0)
  const datagrams = { 4: 0, 6: 0 }
  world.udp.tap({ delivered: (_site, { family }) => (datagrams[family] += 1) })
  const routers = new Set<string>()
  const sessions = families.map((family, i) => {
    const host = world.addHost({ family })
    const bootstrap = [...routers].map((router) => ({ host: router, port: PORT }))
    for (const own of host.hosts.filter((own) => routers.size < 2 && !routers.has(own))) routers.add(own)
    return bootSession(host, i * SECOND, { listen: false, bootstrap }, (event) => {
      if (event.kind === 'ready') nodes[i] = event.nodes
    })
  })
  world.run(90 * SECOND)
  return { nodes, datagrams, first: sessions[0]! }
}

describe('a DHT over IPv6', () => {
  it('of 20 nodes comes together without any IPv4', () => {
    const { nodes, datagrams } = dht(Array.from({ length: 20 }, () => 6 as const))
    assert.ok(
      nodes.slice(1).every((count) => count > 0),
      nodes.join(' '),
    )
    assert.equal(datagrams[4], 0)
    assert.ok(datagrams[6] > 400)
  })

  it('is one of two for a node with both families: each has its own table', () => {
    const { datagrams, first } = dht([
      'both',
      ...Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 4 : 6) as Family),
    ])
    assert.ok(datagrams[4] > 100 && datagrams[6] > 100)
    const tables = first.dhtTables().map(({ contacts }) => [...contacts].map(({ address }) => address.family))
    assert.deepEqual(
      tables.map((contacts) => [...new Set(contacts)]),
      [[4], [6]],
    )
    assert.deepEqual(
      tables.map(({ length }) => length),
      [6, 6],
    )
  })
})
