import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import type { NetworkOptions } from '../../../sim/network/network.ts'
import { parseAddress } from '../../../src/core/address.ts'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

interface Pair {
  readonly world: World
  readonly hosts: readonly [SimHost, SimHost]
  readonly left: FakeMachine
  readonly right: FakeMachine
}

function pair(network: Partial<NetworkOptions> = {}, rate: number = Number.POSITIVE_INFINITY): Pair {
  const world = new World({ seed: 1, network: { detour: 0, ...network } })
  const rates = { up: rate, down: rate }
  const hosts = [
    world.addHost({ rates, position: { x: 0, y: 0, height: 1_000 } }),
    world.addHost({ rates, position: { x: 3_000, y: 4_000, height: 2_000 } }),
  ] as const
  const [left, right] = hosts.map((host) => {
    const machine = host.boot(0, (ports) => new FakeMachine(ports))
    machine.onStart = () => machine.ports.udp.bind(1, 1, host.host, 6881)
    return machine
  }) as [FakeMachine, FakeMachine]
  world.run(0)
  return { world, hosts, left, right }
}

function send(machine: FakeMachine, to: SimHost, bytes: readonly number[], port = 6881): void {
  const room = machine.ports.udp.reserve(bytes.length)
  room.set(bytes)
  machine.ports.udp.send(1, to.address(port), room)
}

describe('simulated UDP', () => {
  it('delivers a datagram after the delay of the pair, from the address that sent it', () => {
    const { world, hosts, left, right } = pair({ jitter: 0 })
    const seen: number[][] = []
    right.onDatagram = (_now, _socket, _from, bytes) => seen.push([...bytes])
    send(left, hosts[1], [1, 2, 3])
    world.run(SECOND)
    assert.deepEqual(seen, [[1, 2, 3]])
    assert.equal(right.log.at(-1), `datagram ${hosts[0].host}:6881 3`)
    // 5,000 across the plane, and both heights.
    assert.equal(right.times.at(-1), 8_000)
  })

  it('jitters only upwards, and by no more than its share', () => {
    const { world, hosts, left, right } = pair({ jitter: 0.5 })
    const start = world.now
    for (let i = 0; i < 200; i++) send(left, hosts[1], [i])
    world.run(SECOND)
    const delays = right.times.slice(2).map((at) => at - start)
    assert.equal(delays.length, 200)
    assert.ok(Math.min(...delays) >= 8_000 && Math.max(...delays) <= 12_000)
    assert.ok(new Set(delays).size > 50)
  })

  it('loses about the share that the network loses', () => {
    const { world, hosts, left, right } = pair({ loss: 0.3 })
    for (let i = 0; i < 1_000; i++) send(left, hosts[1], [0])
    world.run(SECOND)
    const arrived = right.log.filter((line) => line.startsWith('datagram')).length
    assert.ok(arrived > 620 && arrived < 780, `${arrived} arrived`)
    assert.equal(world.udp.lost + world.udp.delivered, 1_000)
  })

  it('overwrites a datagram once the input has returned, for it was only lent', () => {
    const { world, hosts, left, right } = pair()
    let kept: Uint8Array = new Uint8Array(0)
    right.onDatagram = (_now, _socket, _from, bytes) => (kept = bytes)
    send(left, hosts[1], [1, 2, 3])
    world.run(SECOND)
    assert.deepEqual([...kept], [0xdb, 0xdb, 0xdb])
  })

  it('keeps apart datagrams whose room was reserved before either was sent', () => {
    const { world, hosts, left, right } = pair({ jitter: 0 })
    const seen: string[] = []
    right.onDatagram = (_now, _socket, _from, bytes) => seen.push(bytes.join())
    const first = left.ports.udp.reserve(4)
    const second = left.ports.udp.reserve(4)
    second.fill(2)
    first.fill(1)
    left.ports.udp.send(1, hosts[1].address(6881), first.subarray(0, 2))
    left.ports.udp.send(1, hosts[1].address(6881), second)
    world.run(SECOND)
    assert.deepEqual(seen.toSorted(), ['1,1', '2,2,2,2'])
  })

  it('lets datagrams to unbound ports, absent hosts, silent hosts and closed sockets vanish', () => {
    const { world, hosts, left, right } = pair()
    send(left, hosts[1], [1], 6882)
    left.ports.udp.send(1, parseAddress('203.0.113.9', 1)!, left.ports.udp.reserve(1))
    send(left, hosts[1], [1])
    right.ports.udp.close(1)
    world.run(SECOND)
    hosts[1].manner = 'silent'
    send(left, hosts[1], [1])
    world.run(2 * SECOND)
    assert.deepEqual(right.log, ['start', 'completed 1 ok'])
    assert.equal(world.udp.unheard, 4)
  })

  it('binds a port once, picks one when asked for 0, and only on an address of the host', () => {
    const { world, hosts, left } = pair()
    const { udp } = left.ports
    udp.bind(2, 2, hosts[0].host, 6881)
    udp.bind(3, 3, '0.0.0.0', 0)
    udp.bind(4, 4, '192.0.2.1', 0)
    udp.close(1)
    udp.bind(5, 5, hosts[0].host, 6881)
    world.run(SECOND)
    assert.deepEqual(left.log.slice(2), [
      'completed 2 network/port-taken',
      'completed 3 ok',
      'completed 4 network/no-address',
      'completed 5 ok',
    ])
    assert.ok((left.value(3) as { port: number }).port > 0)
  })

  it('queues in the lines, and drops what would wait too long', () => {
    // 1,000 bytes and headers take 102.8 ms on a line of 10 kB/s.
    const { world, hosts, left, right } = pair({ jitter: 0, longestQueue: 500_000 }, 10_000)
    for (let i = 0; i < 10; i++)
      send(
        left,
        hosts[1],
        Array.from({ length: 1_000 }, () => i),
      )
    world.run(10 * SECOND)
    const at = right.times.slice(2)
    assert.equal(at.length, 5)
    assert.equal(world.udp.crowdedOut, 5)
    assert.deepEqual(
      at.slice(1).map((time, i) => Math.round((time - at[i]!) / 1_000)),
      [103, 103, 103, 103],
    )
  })
})
