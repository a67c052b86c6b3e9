import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../../src/core/address.ts'
import { SECOND } from '../../../src/core/time.ts'
import { connectedPair, DELAY, streamPair, write } from './stream-pair.ts'

for (const tcp of ['flow', 'packet'] as const) {
  describe(`simulated streams, model ${tcp}`, () => {
    it('open after one round trip, and are accepted half a round trip later', () => {
      const { world, hosts, left, right } = streamPair({ tcp })
      left.ports.streams.connect(2, hosts[1].address(6881), undefined)
      world.run(SECOND)
      assert.deepEqual(left.log, ['start', 'connected 2'])
      assert.equal(left.times[1], 2 * DELAY)
      assert.deepEqual(right.log, ['start', 'completed 1 ok', 'accepted 1 1'])
      assert.equal(right.times[2], 3 * DELAY)
    })

    it('are refused after a round trip where nobody listens', () => {
      const { world, hosts, left } = streamPair({ tcp })
      left.ports.streams.connect(2, hosts[1].address(7000), undefined)
      world.run(SECOND)
      assert.deepEqual(left.log, ['start', 'closed 2 network/refused'])
      assert.equal(left.times[1], 2 * DELAY)
    })

    it('time out after 127 s towards silence: an absent host or a silent one', () => {
      const { world, hosts, left } = streamPair({ tcp })
      hosts[1].manner = 'silent'
      left.ports.streams.connect(2, hosts[1].address(6881), undefined)
      left.ports.streams.connect(4, parseAddress('203.0.113.9', 1)!, undefined)
      world.run(126 * SECOND)
      assert.deepEqual(left.log, ['start'])
      world.run(128 * SECOND)
      assert.deepEqual(left.log, ['start', 'closed 2 network/timeout', 'closed 4 network/timeout'])
    })

    it('break at once at a host that resets', () => {
      const { world, hosts, left, right } = streamPair({ tcp })
      hosts[1].manner = 'resets'
      left.ports.streams.connect(2, hosts[1].address(6881), undefined)
      world.run(SECOND)
      assert.deepEqual(left.log, ['start', 'connected 2', 'closed 2 network/reset'])
      assert.deepEqual(right.log, ['start', 'completed 1 ok'])
    })

    it('say nothing of a dial that its machine gave up', () => {
      for (const giveUpAt of [1, DELAY + 1, 2 * DELAY - 1]) {
        const { world, hosts, left, right } = streamPair({ tcp })
        left.ports.streams.connect(2, hosts[1].address(6881), undefined)
        world.run(giveUpAt)
        left.ports.streams.close(2, false)
        world.run(200 * SECOND)
        assert.deepEqual(left.log, ['start'])
        assert.deepEqual(right.log, ['start', 'completed 1 ok'])
      }
    })

    it('carry rooms and views in the order in which they were queued, as one input, and only what was flushed', () => {
      const { world, left, right } = connectedPair({ tcp })
      const { streams } = left.ports
      streams.reserve(2, 2).set([1, 2])
      streams.send(2, Uint8Array.of(3, 4))
      streams.reserve(2, 1).set([5])
      streams.reserve(2, 1).set([6])
      streams.flush(2)
      streams.reserve(2, 1).set([7])
      world.run(60 * SECOND)
      assert.deepEqual(right.received.get(1), [1, 2, 3, 4, 5, 6])
      assert.deepEqual(right.log, ['chunk 1 2 2 2'])
      assert.deepEqual(left.log, ['sent 2 6'])
    })

    it('stop reporting bytes as sent when the remote does not read, and go on when it does', () => {
      const { world, left, right } = connectedPair({ tcp })
      right.ports.streams.pause(1)
      const payload = new Uint8Array(4_000_000).fill(1)
      left.ports.streams.send(2, payload)
      left.ports.streams.flush(2)
      world.run(60 * SECOND)
      const sentSoFar = (): number =>
        left.log.reduce((sum, line) => sum + (line.startsWith('sent') ? Number(line.split(' ')[2]) : 0), 0)
      assert.ok(sentSoFar() < 1_100_000)
      assert.equal(right.received.get(1), undefined)
      right.ports.streams.resume(1)
      world.run(120 * SECOND)
      assert.equal(sentSoFar(), payload.length)
      assert.equal(right.received.get(1)?.length, payload.length)
    })

    it('fill a line to its rate, and share it fairly', () => {
      const { world, hosts, left, right } = connectedPair({ tcp, rate: 1_000_000 })
      left.ports.streams.connect(4, hosts[1].address(6881), undefined)
      world.run(2 * SECOND)
      for (const stream of [2, 4]) {
        left.ports.streams.send(stream, new Uint8Array(2_000_000))
        left.ports.streams.flush(stream)
      }
      world.run(4 * SECOND)
      const [first, second] = [1, 3].map((stream) => right.received.get(stream)?.length ?? 0) as [
        number,
        number,
      ]
      assert.ok(first + second > 1_850_000 && first + second <= 2_000_000, `${first} and ${second}`)
      assert.ok(Math.abs(first - second) < 100_000, `${first} and ${second}`)
    })

    it('start slowly: the first round trips carry little on a wide line', () => {
      const { world, left, right } = connectedPair({ tcp })
      const began = world.now
      left.ports.streams.send(2, new Uint8Array(2_000_000))
      left.ports.streams.flush(2)
      world.run(began + 2 * DELAY)
      assert.ok((right.received.get(1)?.length ?? 0) < 40_000)
      world.run(began + 40 * DELAY)
      assert.equal(right.received.get(1)?.length, 2_000_000)
    })

    it('when closed, deliver all that was queued and then end; the closing side hears no more', () => {
      const { world, left, right } = connectedPair({ tcp, rate: 1_000_000 })
      left.ports.streams.send(2, new Uint8Array(300_000))
      left.ports.streams.close(2, false)
      write(right, 1, Uint8Array.of(1))
      world.run(10 * SECOND)
      assert.equal(right.received.get(1)?.length, 300_000)
      assert.equal(right.log.at(-1), 'closed 1 network/ended')
      assert.deepEqual(left.log, [])
    })

    it('when reset, break at the remote after half a round trip, and unread bytes are lost', () => {
      const { world, left, right } = connectedPair({ tcp })
      right.ports.streams.pause(1)
      write(left, 2, Uint8Array.of(1))
      world.run(world.now + 2 * DELAY)
      left.ports.streams.close(2, true)
      world.run(world.now + DELAY)
      assert.deepEqual(right.log, ['closed 1 network/reset'])
      assert.deepEqual(left.log, [])
    })

    it('say once that they are gone, and nothing about a stream that both sides close', () => {
      const { world, left, right } = connectedPair({ tcp })
      left.ports.streams.close(2, false)
      right.ports.streams.close(1, false)
      write(left, 2, Uint8Array.of(1))
      world.run(10 * SECOND)
      assert.deepEqual(left.log, [])
      assert.deepEqual(right.log, [])
    })

    it('are reset when their process is killed', () => {
      const { world, hosts, left, right } = connectedPair({ tcp })
      hosts[0].kill()
      world.run(10 * SECOND)
      assert.deepEqual(right.log, ['closed 1 network/reset'])
      assert.deepEqual(left.log, [])
    })

    it('repeat after a silence what did not get through, and then go on', () => {
      const { world, hosts, left, right } = connectedPair({ tcp })
      write(left, 2, Uint8Array.of(1))
      world.run(world.now + DELAY)
      hosts[1].manner = 'silent'
      write(left, 2, Uint8Array.of(2))
      world.run(world.now + 60 * SECOND)
      assert.deepEqual(right.received.get(1), [1])
      hosts[1].manner = 'open'
      write(left, 2, Uint8Array.of(3))
      world.run(world.now + 60 * SECOND)
      assert.deepEqual(right.received.get(1), [1, 2, 3])
      write(right, 1, Uint8Array.of(4))
      world.run(world.now + SECOND)
      assert.deepEqual(left.received.get(2), [4])
    })

    it('are given up after a quarter of an hour in which nothing was acknowledged; the other side hears when it speaks', () => {
      const { world, hosts, left, right } = connectedPair({ tcp })
      hosts[1].manner = 'silent'
      const began = world.now
      write(left, 2, Uint8Array.of(1))
      world.run(began + 900 * SECOND)
      assert.deepEqual(left.log, ['sent 2 1'])
      world.run(began + 1_100 * SECOND)
      assert.deepEqual(left.log, ['sent 2 1', 'closed 2 network/timeout'])
      hosts[1].manner = 'open'
      world.run(began + 2_000 * SECOND)
      assert.deepEqual(right.log, [])
      write(right, 1, Uint8Array.of(1))
      world.run(began + 2_001 * SECOND)
      assert.deepEqual(right.log, ['closed 1 network/reset'])
    })

    it('dial again within seconds after a silence', () => {
      const { world, hosts, left } = streamPair({ tcp })
      hosts[1].manner = 'silent'
      left.ports.streams.connect(2, hosts[1].address(6881), undefined)
      world.run(2 * SECOND)
      hosts[1].manner = 'open'
      world.run(4 * SECOND)
      assert.deepEqual(left.log, ['start', 'connected 2'])
      assert.equal(left.times[1], 3 * SECOND + 2 * DELAY)
    })

    it('bring no more chunks once the machine has paused or closed', () => {
      const { world, left, right } = connectedPair({ tcp })
      right.onChunk = () => right.ports.streams.pause(1)
      for (const byte of [1, 2]) {
        left.ports.streams.send(2, Uint8Array.of(byte))
        left.ports.streams.flush(2)
      }
      world.run(world.now + SECOND)
      assert.deepEqual(right.received.get(1), [1])
      right.onChunk = () => right.ports.streams.close(1, true)
      left.ports.streams.send(2, Uint8Array.of(3))
      left.ports.streams.flush(2)
      right.ports.streams.resume(1)
      world.run(world.now + SECOND)
      assert.deepEqual(right.received.get(1), [1, 2])
      assert.equal(left.log.at(-1), 'closed 2 network/reset')
    })
  })
}
