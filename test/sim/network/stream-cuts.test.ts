import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'
import { connectedPair, streamPair, write } from './stream-pair.ts'

for (const tcp of ['flow', 'packet'] as const) {
  describe(`simulated streams and cuts, model ${tcp}`, () => {
    it('go on after a cut of either direction, with every byte', () => {
      for (const [from, to] of [
        [1, 2],
        [2, 1],
      ] as const) {
        const { world, left, right } = connectedPair({ tcp, rate: 1_000_000 })
        world.network.cut({
          from: [from],
          to: [to],
          begin: world.now + 500_000,
          end: world.now + 90 * SECOND,
        })
        left.ports.streams.send(2, new Uint8Array(3_000_000).fill(5))
        left.ports.streams.flush(2)
        world.run(80 * SECOND)
        const during = right.received.get(1)?.length ?? 0
        assert.ok(during > 0 && during < 3_000_000, `${during} bytes got through`)
        world.run(300 * SECOND)
        assert.equal(right.received.get(1)?.length, 3_000_000)
        assert.ok(![...left.log, ...right.log].some((line) => line.startsWith('closed')))
      }
    })

    it('go on when the word that a full receiver reads again is lost', () => {
      const { world, left, right } = connectedPair({ tcp })
      right.ports.streams.pause(1)
      left.ports.streams.send(2, new Uint8Array(2_000_000))
      left.ports.streams.flush(2)
      world.run(20 * SECOND)
      world.network.cut({ from: 'all', to: 'all', end: 40 * SECOND })
      right.ports.streams.resume(1)
      world.run(39 * SECOND)
      assert.ok((right.received.get(1)?.length ?? 0) <= 1_048_576)
      world.run(200 * SECOND)
      assert.equal(right.received.get(1)?.length, 2_000_000)
    })

    it('end at the other side after a cut that hid the close', () => {
      const { world, left, right } = connectedPair({ tcp })
      world.network.cut({ from: 'all', to: 'all', end: world.now + 60 * SECOND })
      write(left, 2, Uint8Array.of(1, 2))
      left.ports.streams.close(2, false)
      world.run(50 * SECOND)
      assert.deepEqual(right.log, [])
      world.run(200 * SECOND)
      assert.deepEqual(right.received.get(1), [1, 2])
      assert.equal(right.log.at(-1), 'closed 1 network/ended')
    })

    it('stay half open when a reset is lost, until that side speaks', () => {
      const { world, left, right } = connectedPair({ tcp })
      world.network.cut({ from: 'all', to: 'all', end: world.now + 60 * SECOND })
      left.ports.streams.close(2, true)
      world.run(500 * SECOND)
      assert.deepEqual(right.log, [])
      write(right, 1, Uint8Array.of(1))
      world.run(501 * SECOND)
      assert.deepEqual(right.log, ['closed 1 network/reset'])
    })

    it('are dialled again when more come at once than a listener queues', () => {
      const { world, hosts, right } = streamPair({ tcp })
      const many = world.addHost({ position: { x: 9_000, y: 9_000, height: 1_000 } })
      const dialler = many.boot(world.now, (ports) => new FakeMachine(ports))
      world.run(world.now)
      for (let i = 1; i <= 4500; i++) dialler.ports.streams.connect(2 * i, hosts[1].address(6881), undefined)
      const opened = (): number => right.log.filter((line) => line.startsWith('accepted')).length
      world.run(SECOND / 2)
      assert.equal(opened(), 4096)
      world.run(4 * SECOND)
      assert.equal(opened(), 4500)
    })
  })
}
