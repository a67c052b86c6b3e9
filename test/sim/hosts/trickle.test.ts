import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { World } from '../../../sim/hosts/world.ts'
import { SECOND } from '../../../src/core/time.ts'
import type { StreamId } from '../../../src/session/ports.ts'
import { FakeMachine } from './fake-machine.ts'

const PORT = 7000

interface Pair {
  readonly world: World
  readonly server: FakeMachine
  readonly client: FakeMachine
  readonly stream: StreamId
}

/** A server whose payload trickles, with one client connected to it. */
function connected(trickle: number): Pair {
  const world = new World({ seed: 4 })
  const place = world.addHost({ trickle })
  const server = place.boot(0, (ports) => new FakeMachine(ports))
  server.onStart = () => server.ports.streams.listen(1, 1, place.host, PORT)
  let stream: StreamId = 0
  server.onAccepted = (_now, accepted) => {
    stream = accepted
  }
  const client = world.addHost().boot(SECOND, (ports) => new FakeMachine(ports))
  client.onStart = () => client.ports.streams.connect(2, place.address(PORT), undefined)
  world.run(2 * SECOND)
  return { world, server, client, stream }
}

describe('streams whose payload trickles', () => {
  it('let pass what was only reserved, then a payload at so many bytes a second, and what follows behind it', () => {
    const { world, server, client, stream } = connected(2)
    const { streams } = server.ports
    streams.reserve(stream, 3).set([1, 2, 3])
    streams.send(stream, Uint8Array.of(4, 5, 6, 7, 8))
    streams.reserve(stream, 2).set([9, 10])
    streams.flush(stream)
    const start = world.now
    const arrived = (second: number): number => {
      world.run(start + second * SECOND + SECOND / 2)
      return client.received.get(2)?.length ?? 0
    }
    assert.deepEqual([0, 1, 2, 3, 4, 5, 9].map(arrived), [3, 5, 7, 9, 10, 10, 10])
    assert.deepEqual(client.received.get(2), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('cause no event once the stream is gone, whoever ended it', () => {
    for (const end of ['client', 'server'] as const) {
      const { world, server, client, stream } = connected(1)
      server.ports.streams.send(stream, new Uint8Array(10_000))
      server.ports.streams.flush(stream)
      world.run(world.now + 3 * SECOND)
      if (end === 'client') client.ports.streams.close(2, true)
      else server.ports.streams.close(stream, true)
      world.run(world.now + 60 * SECOND)
      const { events } = world.scheduler
      world.run(world.now + 60 * SECOND)
      assert.equal(world.scheduler.events, events, `ended by the ${end}`)
    }
  })
})
