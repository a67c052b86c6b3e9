import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PacketInbox } from '../../../sim/network/packet-inbox.ts'

const arrivals = fc
  .array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 })
  .chain((lengths) =>
    fc.record({
      lengths: fc.constant(lengths),
      // Every segment comes at least once, in any order, some again.
      order: fc.array(fc.nat(lengths.length - 1), { maxLength: 30 }).chain((again) =>
        fc.shuffledSubarray([...lengths.keys(), ...again], {
          minLength: lengths.length + again.length,
        }),
      ),
    }),
  )

describe('what a receiver of packets has', () => {
  it('comes out once and in order, however it arrives, and is told in ranges beyond the gap', () => {
    fc.assert(
      fc.property(arrivals, ({ lengths, order }) => {
        const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0))
        const inbox = new PacketInbox()
        const out: number[] = []
        for (const i of order) {
          const segment = { sequence: starts[i]!, length: lengths[i]!, views: [], last: false }
          for (const { sequence } of inbox.add(segment)) out.push(sequence)
          assert.ok(inbox.ranges.length <= 3)
          assert.equal(inbox.hasGap, inbox.ranges.length > 0)
          for (const { from, to } of inbox.ranges) {
            assert.ok(from > inbox.next && to > from)
            assert.ok(
              starts.includes(from) && (starts.includes(to) || to === starts.at(-1)! + lengths.at(-1)!),
            )
          }
        }
        assert.deepEqual(out, starts)
        assert.equal(inbox.hasGap, false)
      }),
    )
  })
})
