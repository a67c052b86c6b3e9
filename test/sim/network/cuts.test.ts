import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { World } from '../../../sim/hosts/world.ts'
import { Cuts } from '../../../sim/network/cuts.ts'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

describe('cuts and clogs', () => {
  it('hold from their begin to before their end, and only the way that they say', () => {
    const cuts = new Cuts()
    cuts.cut({ from: [1, 2], to: [3], begin: 10, end: 20 })
    for (const [now, blocked] of [
      [9, false],
      [10, true],
      [19, true],
      [20, false],
      [30, false],
    ] as const) {
      assert.equal(cuts.blocks(now, 1, 3), blocked, `at ${now}`)
      assert.equal(cuts.blocks(now, 3, 1), false)
      assert.equal(cuts.blocks(now, 1, 2), false)
    }
  })

  it('may overlap, follow each other and touch all; healing ends them, those to come too', () => {
    const cuts = new Cuts()
    cuts.cut({ from: 'all', to: [7], begin: 5, end: 10 })
    cuts.cut({ from: [7], to: 'all', begin: 8 })
    cuts.cut({ from: [1], to: [2], begin: 100, end: 200 })
    assert.deepEqual([cuts.blocks(6, 1, 7), cuts.blocks(6, 7, 1)], [true, false])
    assert.deepEqual([cuts.blocks(9, 1, 7), cuts.blocks(9, 7, 1)], [true, true])
    assert.deepEqual([cuts.blocks(50, 1, 7), cuts.blocks(50, 7, 1)], [false, true])
    cuts.heal()
    assert.deepEqual([cuts.blocks(60, 7, 1), cuts.blocks(150, 1, 2)], [false, false])
    cuts.cut({ from: [7], to: [1] })
    assert.equal(cuts.blocks(150, 7, 1), true)
  })

  it('slow packets down by a delay, and by a rate that all who are clogged share', () => {
    const cuts = new Cuts()
    cuts.clog({ from: [1, 2], to: 'all', delay: 300, rate: 1_000_000, end: 10_000 })
    assert.equal(cuts.slows(0, 1, 9, 1_000), 1_300)
    assert.equal(cuts.slows(0, 2, 9, 1_000), 2_300)
    assert.equal(cuts.slows(0, 9, 1, 1_000), 0)
    assert.equal(cuts.slows(10_000, 1, 9, 1_000), 0)
  })
})

describe('a network that is cut', () => {
  it('carries datagrams one way only, then later, then as ever', () => {
    const world = new World({ seed: 1, network: { profile: 'lan' } })
    const hosts = [world.addHost(), world.addHost()]
    const machines = hosts.map((host) => {
      const machine = host.boot(0, (ports) => new FakeMachine(ports))
      machine.onStart = () => machine.ports.udp.bind(1, 1, host.host, 6881)
      return machine
    })
    world.run(0)
    const exchange = (): number[] => {
      const begin = world.now
      machines.forEach((machine, i) => {
        machine.times.length = 0
        machine.ports.udp.send(1, hosts[1 - i]!.address(6881), machine.ports.udp.reserve(4))
      })
      world.run(world.now + SECOND)
      return machines.map(({ times }) => (times[0] === undefined ? -1 : times[0] - begin))
    }
    const prompt = (delay: number): boolean => delay >= 0 && delay < 1_000
    assert.ok(exchange().every(prompt))
    world.network.cut({ from: [1], to: [2] })
    const [first, second] = exchange() as [number, number]
    assert.ok(prompt(first) && second === -1)
    world.network.heal()
    world.network.clog({ from: [1], to: [2], delay: 50_000 })
    const [fast, slow] = exchange() as [number, number]
    assert.ok(prompt(fast) && slow >= 50_000 && slow < 51_000)
    world.network.heal()
    assert.ok(exchange().every(prompt))
  })
})
