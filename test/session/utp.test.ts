import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { UdpTap } from '../../sim/network/udp-fabric.ts'
import { withPort } from '../../src/core/address.ts'
import { SECOND } from '../../src/core/time.ts'
import type { Transport } from '../../src/session/options.ts'
import type { Ports } from '../../src/session/ports.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const KIB = 1024

/** Counts datagrams of uTP, and what of them is SYNs. */
function watch(swarm: VirtualSwarm): { packets: number; syns: number; synAt: Map<string, number> } {
  const seen = { packets: 0, syns: 0, synAt: new Map<string, number>() }
  const tap: UdpTap = {
    sent: (_site, _from, to, bytes) => {
      if ((bytes[0]! & 15) !== 1) return
      seen.packets += 1
      if (bytes[0] !== 0x41) return
      seen.syns += 1
      seen.synAt.set(to.host, swarm.world.now)
    },
  }
  swarm.world.udp.tap(tap)
  return seen
}

/** A host whose TCP is of no use: dials are refused, or nothing is heard of them. */
function without(
  ports: Ports,
  how: 'refused' | 'silent',
  dials: number[] = [],
  dialled: (host: string) => void = () => {},
): Ports {
  const { streams } = ports
  const changed = new Proxy(streams, {
    get: (target, key: keyof typeof streams) => {
      if (key !== 'connect') return target[key]?.bind(target)
      return (...[stream, to, from]: Parameters<typeof streams.connect>) => {
        dials.push(stream)
        dialled(to.host)
        if (how === 'refused') target.connect(stream, withPort(to, 1), from)
      }
    },
  })
  return { ...ports, streams: changed }
}

function scene(seed: Transport, leech: Transport, ports: (ports: Ports) => Ports = (same) => same) {
  const swarm = new VirtualSwarm({ length: 512 * KIB })
  const seen = watch(swarm)
  const rates = { up: 256 * KIB, down: 256 * KIB }
  const server = swarm.join({ mode: 'seed', session: { transport: seed }, rates })
  swarm.pass(2 * SECOND)
  const client = swarm.join({ peers: [server], session: { transport: leech }, ports })
  return { swarm, seen, server, client }
}

describe('peers over uTP', () => {
  it('are served as over TCP, by who listens on UDP alone, metadata and all', () => {
    const { swarm, seen, server, client } = scene('utp', 'utp')
    swarm.until(() => client.done)
    assert.ok(client.whole)
    assert.ok(seen.packets > 350 && seen.syns === 1)
    assert.deepEqual([server.progress.peers, server.progress.utp, client.progress.encrypted], [1, 1, 0])
    assert.deepEqual([...client.complaints, ...server.complaints], [])
  })

  it('come to who takes both, and are not dialled where TCP opens', () => {
    const one = scene('both', 'utp')
    one.swarm.until(() => one.client.done)
    assert.ok(one.client.whole)

    const other = scene('both', 'both')
    other.swarm.until(() => other.client.done)
    assert.equal(other.seen.packets, 0)
    assert.deepEqual([other.server.progress.peers, other.server.progress.utp], [1, 0])
    assert.ok(other.client.whole)
  })

  it('are dialled at once when TCP is refused, after two seconds when it is silent, and once in each case', () => {
    for (const [how, most] of [
      ['refused', 1],
      ['silent', 3],
    ] as const) {
      const { swarm, seen, client, server } = scene('both', 'both', (ports) => without(ports, how))
      const begun = swarm.world.now
      swarm.until(() => server.progress.peers === 1)
      const after = (swarm.world.now - begun) / SECOND
      assert.ok(after < most && (how === 'refused' || after >= 2), `${how}: after ${after} s`)
      swarm.until(() => client.done)
      assert.ok(client.whole)
      assert.equal(seen.syns, 1)
    }
  })

  it('are dialled first where uTP was what opened', () => {
    const dials: number[] = []
    const { swarm, seen, client, server } = scene('both', 'both', (ports) => without(ports, 'silent', dials))
    swarm.until(() => client.verified > 0)
    assert.deepEqual([dials.length, seen.syns], [1, 1])
    server.host.kill()
    server.boot(swarm.world.now + SECOND)
    swarm.until(() => client.done)
    assert.deepEqual([dials.length, seen.syns], [1, 2])
  })

  it('do without it where TCP is spoken alone', () => {
    const { swarm, client, seen } = scene('tcp', 'both')
    swarm.until(() => client.done)
    assert.ok(client.whole)
    assert.equal(seen.syns, 0)
  })

  it('are none where both carry something else, and the dial fails for all of its ways', () => {
    const { swarm, client, server } = scene('tcp', 'utp')
    swarm.pass(120 * SECOND)
    assert.equal(client.done, false)
    assert.deepEqual([client.progress.peers, server.progress.peers], [0, 0])
  })

  it('go on through loss, doubles and overtaking', () => {
    const { swarm, client } = scene('utp', 'utp')
    swarm.world.network.impairment = { loss: 0.05, duplicate: 0.05, reorder: 0.05, hold: 50_000 }
    swarm.until(() => client.done)
    assert.ok(client.whole)
  })

  it('PX10: are said to take uTP by who is connected to them so, and tried sooner then', () => {
    const swarm = new VirtualSwarm({ length: 1 << 20 })
    const seen = watch(swarm)
    const session = { transport: 'utp' } as const
    const middle = swarm.join({ informed: true, session })
    const other = swarm.join({ informed: true, peers: [middle], session })
    swarm.pass(5 * SECOND)
    const dials = new Map<string, number>()
    const third = swarm.join({
      peers: [middle],
      session: { transport: 'both', listen: false },
      ports: (ports) => without(ports, 'silent', [], (to) => dials.set(to, swarm.world.now)),
    })
    swarm.pass(SECOND)
    swarm.until(() => third.progress.peers === 2)
    const waits = [middle, other].map(({ host }) => seen.synAt.get(host.host)! - dials.get(host.host)!)
    assert.deepEqual(waits, [2 * SECOND, SECOND / 2])
  })

  it('learn at once that a session has stopped', () => {
    const { swarm, client, server } = scene('utp', 'utp')
    swarm.until(() => client.done)
    server.host.command({ kind: 'stop' })
    swarm.pass(SECOND)
    assert.equal(client.progress.peers, 0)
  })

  it('serve without a DHT and without accepting anybody', () => {
    const swarm = new VirtualSwarm({ length: 128 * KIB })
    const server = swarm.join({ mode: 'seed', session: { transport: 'utp' } })
    swarm.pass(SECOND)
    const client = swarm.join({ peers: [server], session: { transport: 'utp', listen: false } })
    swarm.until(() => client.done)
    const third = swarm.join({ peers: [client], session: { transport: 'utp' } })
    swarm.pass(60 * SECOND)
    assert.deepEqual([client.whole, third.verified], [true, 0])
  })
})
