import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { World } from '../../../sim/hosts/world.ts'
import { MILLISECOND, SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

const RATE = 1_000_000
const STREAMS = 8
const SECONDS = 12

/** One host on a slow line, that sends to others near and far over a stream each, and datagrams to the last besides. */
function upload() {
  const world = new World({ seed: 1, network: { detour: 0 } })
  const unlimited = Number.POSITIVE_INFINITY
  const source = world.addHost({
    rates: { up: RATE, down: unlimited },
    position: { x: 0, y: 0, height: 1_000 },
  })
  const sinks = Array.from({ length: STREAMS }, (_, i) => {
    return world.addHost({ position: { x: i * 10 * MILLISECOND, y: 0, height: 1_000 } })
  })
  const machines = [source, ...sinks].map((host) => {
    const machine = host.boot(0, (ports) => new FakeMachine(ports))
    machine.onStart = () => {
      machine.ports.udp.bind(1, 1, host.host, 6881)
      machine.ports.streams.listen(2, 2, host.host, 6881)
    }
    return machine
  })
  world.run(0)
  const { ports } = machines[0]!
  sinks.forEach((sink, i) => {
    ports.streams.connect(2 * (i + 1), sink.address(6881), undefined)
  })
  world.run(SECOND)
  const payload = new Uint8Array(RATE * SECONDS)
  for (let i = 1; i <= STREAMS; i++) {
    ports.streams.send(2 * i, payload)
    ports.streams.flush(2 * i)
  }
  return { world, source, sinks, machines, ports }
}

describe('a line that many share', () => {
  it('gives each stream an equal share within 5 %, be it near or far, and is full', () => {
    const { world, sinks } = upload()
    world.run(2 * SECOND)
    const before = sinks.map(({ down }) => down.carried)
    world.run(10 * SECOND)
    const shares = sinks.map(({ down }, i) => down.carried - before[i]!)
    const mean = shares.reduce((sum, share) => sum + share, 0) / STREAMS
    for (const share of shares) assert.ok(Math.abs(share / mean - 1) < 0.05, shares.join(' '))
    assert.ok((mean * STREAMS) / (8 * RATE) > 0.98, shares.join(' '))
  })

  it('lets datagrams wait behind one turn of each stream at most, and drops none of them', () => {
    const { world, source, sinks, machines, ports } = upload()
    world.run(2 * SECOND)
    const last = machines.at(-1)!
    last.log.length = 0
    const delays: number[] = []
    let sentAt = 0
    last.onDatagram = (now) => delays.push(now - sentAt)
    for (let i = 0; i < 20; i++) {
      world.at(world.now + i * 300 * MILLISECOND, () => {
        sentAt = world.now
        ports.udp.send(1, sinks.at(-1)!.address(6881), ports.udp.reserve(300))
      })
    }
    world.run(9 * SECOND)
    assert.equal(delays.length, 20)
    assert.equal(source.up.dropped, 0)
    const way = world.network.delay(source, sinks.at(-1)!) * 1.2
    const turns = (STREAMS * 17_000 * SECOND) / RATE
    assert.ok(Math.max(...delays) < way + turns, `${Math.max(...delays)}`)
  })
})
