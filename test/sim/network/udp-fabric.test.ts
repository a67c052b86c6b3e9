import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HostInit, World } from '../../../sim/hosts/world.ts'
import { type Impairment, impairment } from '../../../sim/network/impairment.ts'
import type { UdpTap } from '../../../sim/network/udp-fabric.ts'
import { type Address, parseAddress } from '../../../src/core/address.ts'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

function lan(count: number, init: HostInit = {}, network: Partial<Impairment> = {}) {
  const world = new World({ seed: 1, network: { profile: 'lan', jitter: 0, ...network } })
  const hosts = Array.from({ length: count }, () => world.addHost(init))
  const machines = hosts.map((host) => {
    const machine = host.boot(0, (ports) => new FakeMachine(ports))
    machine.onStart = () => {
      for (const [i, own] of host.hosts.entries()) machine.ports.udp.bind(i, i, own, 6881)
    }
    return machine
  })
  world.run(0)
  return { world, hosts, machines }
}

function send(machine: FakeMachine, to: Address, byte: number, socket = 0): void {
  const room = machine.ports.udp.reserve(1)
  room[0] = byte
  machine.ports.udp.send(socket, to, room)
}

const datagrams = ({ log }: FakeMachine): number => log.filter((line) => line.startsWith('datagram')).length

describe('impaired ways', () => {
  it('double, and the copies are counted; nothing arrives that was neither sent nor doubled', () => {
    const { world, hosts, machines } = lan(2, {}, { duplicate: 0.25, loss: 0.1 })
    for (let i = 0; i < 1_000; i++) send(machines[0]!, hosts[1]!.address(6881), 0)
    world.run(SECOND)
    assert.ok(world.udp.duplicated > 180 && world.udp.duplicated < 270, `${world.udp.duplicated}`)
    assert.equal(world.udp.delivered + world.udp.lost, 1_000 + world.udp.duplicated)
    assert.equal(datagrams(machines[1]!), world.udp.delivered)
  })

  it('hold some back so that later ones overtake them, and change no order otherwise', () => {
    for (const reorder of [0, 0.2]) {
      const { world, hosts, machines } = lan(2, {}, { reorder, hold: 20_000 })
      const order: number[] = []
      machines[1]!.onDatagram = (_now, _socket, _from, bytes) => order.push(bytes[0]!)
      for (let i = 0; i < 100; i++) {
        world.at(i * 1_000, () => send(machines[0]!, hosts[1]!.address(6881), i))
      }
      world.run(SECOND)
      assert.equal(order.length, 100)
      const overtaken = order.filter((byte, i) => i > 0 && byte < order[i - 1]!).length
      assert.ok(reorder === 0 ? overtaken === 0 : overtaken > 5, `${overtaken}`)
    }
  })

  it('are those of one host and one direction where it is told so, from when it is told', () => {
    const { world, hosts, machines } = lan(3)
    const [a, b, c] = machines as [FakeMachine, FakeMachine, FakeMachine]
    const all = (): number[] => {
      const before = machines.map(datagrams)
      for (const [from, to] of [
        [a, 1],
        [b, 2],
        [c, 0],
      ] as const)
        send(from, hosts[to]!.address(6881), 0)
      world.run(world.now + SECOND)
      return machines.map((machine, i) => datagrams(machine) - before[i]!)
    }
    assert.deepEqual(all(), [1, 1, 1])
    hosts[0]!.outward = impairment({ loss: 1 })
    assert.deepEqual(all(), [1, 0, 1])
    hosts[0]!.outward = undefined
    hosts[0]!.inward = impairment({ loss: 1 })
    assert.deepEqual(all(), [0, 1, 1])
    hosts[0]!.inward = impairment({ duplicate: 1 })
    assert.deepEqual(all(), [2, 1, 1])
    world.network.impairment = impairment({ loss: 1 })
    assert.deepEqual(all(), [0, 0, 0])
  })
})

describe('taps and counters', () => {
  it('show each datagram leaving, arriving and lost, until they are taken away', () => {
    const { world, hosts, machines } = lan(2)
    const seen: string[] = []
    const note: UdpTap = {
      sent: (site, from, to, bytes) => seen.push(`sent ${site.index} ${from.port} ${to.port} ${bytes[0]}`),
      underway: (_at, from, to) => seen.push(`underway ${from.index} ${to.index}`),
      delivered: (site, _from, _to, bytes) => seen.push(`delivered ${site.index} ${bytes[0]}`),
      lost: (why, site, _from, to) => seen.push(`lost ${why} ${site.index} ${to.port}`),
    }
    const untap = world.udp.tap(note)
    send(machines[0]!, hosts[1]!.address(6881), 5)
    send(machines[1]!, hosts[0]!.address(7), 6)
    world.run(SECOND)
    untap()
    send(machines[0]!, hosts[1]!.address(6881), 7)
    world.run(2 * SECOND)
    assert.deepEqual(seen, [
      'sent 1 6881 6881 5',
      'underway 1 2',
      'sent 2 6881 7 6',
      'lost unheard 2 7',
      'delivered 2 5',
    ])
    const counts = hosts.map((host) => [host.datagramsOut, host.bytesOut, host.datagramsIn, host.bytesIn])
    assert.deepEqual(counts, [
      [2, 2, 0, 0],
      [1, 1, 2, 2],
    ])
  })
})

describe('forged sources', () => {
  it('are believed: the target answers whom it was told, and they are counted', () => {
    const { world, hosts, machines } = lan(3)
    const [, b, c] = machines as [FakeMachine, FakeMachine, FakeMachine]
    b.onDatagram = (_now, _socket, from) => send(b, from, 9)
    world.udp.inject(hosts[0]!, hosts[2]!.address(6881), hosts[1]!.address(6881), Uint8Array.of(1))
    world.run(SECOND)
    assert.equal(b.log.at(-1), `datagram ${hosts[2]!.host}:6881 1`)
    assert.equal(c.log.at(-1), `datagram ${hosts[1]!.host}:6881 1`)
    assert.equal(world.udp.forged, 1)
    assert.equal(hosts[0]!.datagramsOut, 1)
  })
})

describe('families', () => {
  it('are apart: sockets of a host with both get what is sent to their own address', () => {
    const { world, hosts, machines } = lan(2, { family: 'both' })
    const [four, six] = hosts[1]!.hosts.map((own) => parseAddress(own, 6881)!) as [Address, Address]
    assert.deepEqual([four.family, six.family], [4, 6])
    const sockets: number[] = []
    machines[1]!.onDatagram = (_now, socket, from) => sockets.push(socket, from.family)
    send(machines[0]!, four, 1, 0)
    send(machines[0]!, six, 1, 1)
    world.run(SECOND)
    assert.deepEqual(sockets, [0, 4, 1, 6])
  })

  it('have wildcards of their own, which a host without the family cannot bind', () => {
    for (const [family, wildcard] of [
      [4, '0.0.0.0'],
      [6, '::'],
    ] as const) {
      const { world, machines } = lan(1, { family })
      const { udp, streams } = machines[0]!.ports
      udp.bind(10, 10, wildcard, 0)
      udp.bind(11, 11, family === 4 ? '::' : '0.0.0.0', 0)
      streams.listen(12, 12, wildcard, 0)
      streams.listen(13, 13, family === 4 ? '::' : '0.0.0.0', 0)
      world.run(SECOND)
      const outcomes = machines[0]!.log.slice(-4)
      assert.deepEqual(outcomes, [
        'completed 10 ok',
        'completed 11 network/no-address',
        'completed 12 ok',
        'completed 13 network/no-address',
      ])
    }
  })
})
