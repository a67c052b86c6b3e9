import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SECOND } from '../../../src/core/time.ts'
import { connectedPair, write } from './stream-pair.ts'

const actions = fc.array(
  fc.record({
    /** Milliseconds after the one before. */
    after: fc.integer({ min: 0, max: 400 }),
    act: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('write' as const),
          left: fc.boolean(),
          length: fc.integer({ min: 1, max: 40_000 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constantFrom('pause' as const, 'resume' as const),
          left: fc.boolean(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'heal' as const), left: fc.boolean() }),
      },
    ),
  }),
  { maxLength: 16 },
)
const runs = fc.record({
  seed: fc.nat(10_000),
  rate: fc.constantFrom(30_000, 1_000_000, Number.POSITIVE_INFINITY),
  loss: fc.constantFrom(0, 0.01, 0.1),
  actions,
  closes: fc.constantFrom('nobody' as const, 'left' as const, 'right' as const),
})

/** Bytes that differ from place to place, so that nothing that is lost, doubled or swapped goes unseen. */
function content(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((from + i) * 2_654_435_761) >>> 24)
}

for (const tcp of ['flow', 'packet'] as const) {
  describe(`the bytes of simulated streams, model ${tcp}`, () => {
    it('arrive once and in order through any writes, pauses, cuts, losses and a close', () => {
      fc.assert(
        fc.property(runs, ({ seed, rate, loss, actions, closes }) => {
          const { world, hosts, left, right } = connectedPair({ tcp, seed, rate, jitter: 0.5, loss })
          const written = { left: 0, right: 0 }
          let at = world.now
          for (const { after, act } of actions) {
            at += after * 1_000
            world.at(at, () => {
              const [machine, stream] = act.left ? ([left, 2] as const) : ([right, 1] as const)
              if (act.kind === 'write') {
                const side = act.left ? 'left' : 'right'
                write(machine, stream, content(written[side], act.length))
                written[side] += act.length
              } else if (act.kind === 'cut' || act.kind === 'heal') {
                hosts[act.left ? 0 : 1].manner = act.kind === 'cut' ? 'silent' : 'open'
              } else machine.ports.streams[act.kind](stream)
            })
          }
          world.at(at + SECOND, () => {
            hosts[0].manner = 'open'
            hosts[1].manner = 'open'
            left.ports.streams.resume(2)
            right.ports.streams.resume(1)
            if (closes === 'left') left.ports.streams.close(2, false)
            if (closes === 'right') right.ports.streams.close(1, false)
          })
          world.run(at + 3_000 * SECOND)
          const atRight = Uint8Array.from(right.received.get(1) ?? [])
          const atLeft = Uint8Array.from(left.received.get(2) ?? [])
          // What the closing side has not read by then, it does not want.
          if (closes !== 'right') assert.deepEqual(atRight, content(0, written.left))
          if (closes !== 'left') assert.deepEqual(atLeft, content(0, written.right))
          assert.deepEqual(atRight, content(0, written.left).subarray(0, atRight.length))
          assert.deepEqual(atLeft, content(0, written.right).subarray(0, atLeft.length))
          const said = [...left.log, ...right.log].filter((line) => line.startsWith('closed'))
          assert.ok(
            said.every((line) => line.endsWith('network/ended')),
            said.join(),
          )
          assert.equal(said.length, closes === 'nobody' ? 0 : 1)
          if (closes === 'nobody')
            assert.deepEqual([sentBy(left), sentBy(right)], [written.left, written.right])
        }),
        { numRuns: 60 },
      )
    })

    it('are counted by host and seen by a tap, as many received as sent', () => {
      const { world, hosts, left, right } = connectedPair({ tcp, loss: 0.02 })
      const seen = { sent: 0, received: 0 }
      world.streams.tap = {
        sent: (_now, end, bytes) => {
          assert.equal(end.site.index, 1)
          assert.equal(end.remote?.site.index, 2)
          seen.sent += bytes
        },
        received: (_now, end, bytes) => {
          seen.received += bytes
          assert.ok(end.received <= end.remote!.sent)
        },
      }
      right.ports.streams.pause(1)
      left.ports.streams.send(2, new Uint8Array(500_000))
      left.ports.streams.flush(2)
      world.run(100 * SECOND)
      assert.deepEqual(seen, { sent: 500_000, received: 0 })
      right.ports.streams.resume(1)
      world.run(101 * SECOND)
      assert.deepEqual(seen, { sent: 500_000, received: 500_000 })
      const { counters } = world.streams
      assert.deepEqual([counters.sent(hosts[0].index), counters.received(hosts[1].index)], [500_000, 500_000])
      assert.deepEqual([counters.sent(hosts[1].index), counters.received(hosts[0].index)], [0, 0])
    })
  })
}

function sentBy({ log }: { readonly log: readonly string[] }): number {
  return log.reduce((sum, line) => sum + (line.startsWith('sent') ? Number(line.split(' ')[2]) : 0), 0)
}
