import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { World } from '../../../sim/hosts/world.ts'
import { parseAddress } from '../../../src/core/address.ts'
import { NEVER, SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from './fake-machine.ts'

function alone(): { world: World; machine: FakeMachine } {
  const world = new World({ seed: 5 })
  const machine = world.addHost().boot(0, (ports) => new FakeMachine(ports))
  world.run(0)
  return { world, machine }
}

describe('a simulated host', () => {
  it('wakes its machine once at the last time that it asked for', () => {
    const { world, machine } = alone()
    const { clock } = machine.ports
    clock.wakeAt(500)
    clock.wakeAt(900)
    clock.wakeAt(700)
    world.run(SECOND)
    assert.deepEqual(machine.log, ['start', 'timer'])
    assert.equal(machine.times[1], 700)
  })

  it('keeps one pending timer, however often the time is changed', () => {
    const { world, machine } = alone()
    for (let i = 0; i < 1_000; i++) machine.ports.clock.wakeAt(1 + ((i * 7_919) % 1_000))
    assert.equal(world.scheduler.pending, 1)
    machine.ports.clock.wakeAt(NEVER)
    world.run(SECOND)
    assert.deepEqual(machine.log, ['start'])
  })

  it('wakes its machine again when it asks from within the timer', () => {
    const { world, machine } = alone()
    machine.onTimer = (now) => {
      if (now < 500) machine.ports.clock.wakeAt(now + 100)
    }
    machine.ports.clock.wakeAt(100)
    world.run(SECOND)
    assert.deepEqual(machine.times.slice(1), [100, 200, 300, 400, 500])
  })

  it('never completes a question within the call that asks it', () => {
    const { world, machine } = alone()
    machine.onTimer = () => {
      const { ports } = machine
      ports.udp.bind(1, 1, '0.0.0.0', 0)
      ports.streams.listen(2, 1, '0.0.0.0', 0)
      ports.names.resolve(3, 'nowhere.example', 1)
      ports.state.read(4, 'nothing')
      ports.hasher.hash(5, 1, 0)
      ports.storage.barrier(6, 1)
    }
    machine.ports.clock.wakeAt(1)
    world.run(SECOND)
    assert.equal(machine.outcomes.size, 6)
  })

  it('resolves names from the table of the world', () => {
    const { world, machine } = alone()
    world.names.set('router.example', ['12.0.0.1', '13.0.0.1'])
    machine.ports.names.resolve(1, 'router.example', 6881)
    machine.ports.names.resolve(2, 'other.example', 6881)
    world.run(SECOND)
    assert.deepEqual(machine.value(1), [parseAddress('12.0.0.1', 6881), parseAddress('13.0.0.1', 6881)])
    assert.deepEqual(machine.value(2), [])
  })

  it('gives each host and each of its lives random streams of their own', () => {
    const world = new World({ seed: 5 })
    const hosts = [world.addHost(), world.addHost()]
    const draw = (index: number): number =>
      hosts[index]!.boot(0, (ports) => new FakeMachine(ports)).ports.random.secret.u32()
    const draws = [draw(0), draw(1)]
    hosts[0]!.kill()
    draws.push(draw(0))
    assert.equal(new Set(draws).size, 3)
  })

  it('after a kill tells the next machine nothing that concerned the last, and keeps the state files', () => {
    const world = new World({ seed: 5 })
    const host = world.addHost()
    const first = host.boot(0, (ports) => new FakeMachine(ports))
    world.run(0)
    first.ports.state.replace(1, 'table', Uint8Array.of(1, 2))
    world.run(SECOND)
    first.ports.state.read(2, 'table')
    first.ports.clock.wakeAt(2 * SECOND)
    host.command({ kind: 'stop' })
    host.kill()
    const second = host.boot(SECOND, (ports) => new FakeMachine(ports))
    world.run(3 * SECOND)
    assert.deepEqual(first.log, ['start', 'completed 1 ok'])
    assert.deepEqual(second.log, ['start'])
    second.ports.state.read(1, 'table')
    second.ports.state.read(2, 'other')
    world.run(4 * SECOND)
    assert.deepEqual(second.value(1), Uint8Array.of(1, 2))
    assert.equal(second.value(2), undefined)
  })

  it('has a wall clock that runs with virtual time', () => {
    const { world, machine } = alone()
    const before = machine.ports.clock.wall()
    world.run(10 * SECOND)
    assert.equal(machine.ports.clock.wall() - before, 10_000)
  })
})
