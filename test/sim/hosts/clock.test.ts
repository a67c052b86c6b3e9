import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Clock, type ClockInit } from '../../../sim/hosts/clock.ts'
import { bootSession } from '../../../sim/hosts/session-host.ts'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import { NEVER, SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from './fake-machine.ts'

const HOUR = 3_600 * SECOND

function alone(clock: ClockInit): { world: World; host: SimHost; machine: FakeMachine } {
  const world = new World({ seed: 5 })
  const host = world.addHost({ clock })
  const machine = host.boot(0, (ports) => new FakeMachine(ports))
  world.run(0)
  return { world, host, machine }
}

describe("a host's clocks", () => {
  it('show the world their own time, and the world the moment at which they show a time', () => {
    const ppm = fc.integer({ min: -500, max: 500 })
    const time = fc.integer({ min: 0, max: 2 ** 42 })
    fc.assert(
      fc.property(ppm, time, (driftPpm, now) => {
        const clock = new Clock({ driftPpm })
        const local = clock.local(now)
        assert.ok(clock.local(now + 1) >= local, 'it never goes back')
        assert.ok(Math.abs(local - now) <= Math.ceil((now * Math.abs(driftPpm)) / 1e6))
        const reached = clock.reaches(now)
        assert.ok(clock.local(reached) >= now)
        assert.ok(reached === 0 || clock.local(reached - 1) < now)
      }),
    )
    assert.equal(new Clock({ driftPpm: 100 }).reaches(NEVER), NEVER)
  })

  it('run fast by so many parts per million, for every input and every wake-up', () => {
    const { world, host, machine } = alone({ driftPpm: 200 })
    machine.ports.clock.wakeAt(HOUR)
    world.run(2 * HOUR)
    assert.deepEqual(machine.log, ['start', 'timer'])
    const [, woken] = machine.times
    assert.ok(woken! >= HOUR && woken! <= HOUR + 1)
    const inWorld = world.scheduler.now
    assert.equal(host.now, inWorld + 1_440_000, 'after two hours')
    const slow = alone({ driftPpm: -200 })
    slow.machine.ports.clock.wakeAt(HOUR)
    slow.world.run(HOUR)
    assert.deepEqual(slow.machine.log, ['start'], 'an hour here is longer')
    slow.world.run(HOUR + 720_145)
    assert.deepEqual(slow.machine.log, ['start', 'timer'])
  })

  it('are on the wall ahead or behind, and are set back and forth while it runs', () => {
    const { world, machine } = alone({ skewMs: -3_600_000, jumps: [{ second: 10, byMs: 600_000 }] })
    const right = new World({ seed: 5 }).addHost().boot(0, (ports) => new FakeMachine(ports))
    const { clock } = machine.ports
    const start = clock.wall()
    assert.equal(start, right.ports.clock.wall() - 3_600_000)
    world.run(10 * SECOND - 1)
    assert.equal(clock.wall() - start, 9_999)
    world.run(10 * SECOND)
    assert.equal(clock.wall() - start, 610_000)
    world.hosts[0]!.clock.jump(-610_000)
    assert.equal(clock.wall(), start)
  })

  it('that are exact cost nothing: the machine is called itself', () => {
    const { host, machine } = alone({ skewMs: 5 })
    assert.equal(host.inputs, machine)
    const drifting = alone({ driftPpm: 1 })
    assert.notEqual(drifting.host.inputs, drifting.machine)
    assert.equal(drifting.host.machine, drifting.machine)
    assert.equal(drifting.host.lives, 1)
  })

  it('of different speed do not keep nodes from finding one another', () => {
    const world = new World({ seed: 6 })
    const ready: number[] = []
    for (let i = 0; i < 10; i++) {
      const host = world.addHost({ clock: { driftPpm: 100 * i - 500, skewMs: (i - 5) * 600_000 } })
      const bootstrap = i === 0 ? [] : [{ host: world.hosts[0]!.host, port: 6881 }]
      bootSession(host, i * SECOND, { listen: false, bootstrap }, (event) => {
        if (event.kind === 'ready') ready.push(event.nodes)
      })
    }
    world.run(60 * SECOND)
    assert.equal(ready.length, 10)
  })
})
