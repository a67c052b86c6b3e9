import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { SECOND } from '../../src/core/time.ts'
import { Counters } from '../../src/peer/counters.ts'
import { LateBlocks } from '../../src/peer/late-blocks.ts'
import { defaultPeerOptions } from '../../src/peer/options.ts'
import { Pipeline } from '../../src/peer/pipeline.ts'

const command = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), piece: fc.integer({ min: 0, max: 40 }) }),
  fc.record({
    kind: fc.constant('arrive' as const),
    pick: fc.nat(),
    after: fc.integer({ min: 0, max: 3_000_000 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('wait' as const), after: fc.integer({ min: 0, max: 90_000_000 }) }),
)

describe('the pipeline', () => {
  it('is an ordered list with a deadline, like a plain array', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        let now = 0
        const pipeline = new Pipeline(now, defaultPeerOptions)
        const model: { piece: number; sentAt: number }[] = []
        for (const it of commands) {
          if (it.kind === 'add') {
            if (model.some(({ piece }) => piece === it.piece)) continue
            pipeline.add(now, it.piece, 0, BLOCK_LENGTH)
            model.push({ piece: it.piece, sentAt: now })
          } else if (it.kind === 'wait') now += it.after
          else if (model.length > 0) {
            const [gone] = model.splice(it.pick % model.length, 1)
            const entry = pipeline.find(gone!.piece, 0)!
            assert.equal(entry.sentAt, gone!.sentAt)
            pipeline.remove(entry)
            if (it.kind === 'arrive') pipeline.arrived((now += it.after), BLOCK_LENGTH, gone!.sentAt)
          }
          assert.equal(pipeline.size, model.length)
          assert.equal(pipeline.oldest?.piece, model[0]?.piece)
          for (let piece = 0; piece <= 40; piece++) {
            assert.equal(
              pipeline.find(piece, 0) !== undefined,
              model.some((entry) => entry.piece === piece),
            )
          }
          assert.ok(pipeline.depth.depth >= 1 && pipeline.depth.depth <= 250)
          assert.equal(pipeline.deadline === Number.POSITIVE_INFINITY, model.length === 0)
          if (model.length > 0) {
            const wait = pipeline.deadline - model[0]!.sentAt
            assert.ok(wait >= defaultPeerOptions.minBlockTimeout && wait <= defaultPeerOptions.maxBlockAge)
          }
        }
        // All that is left runs out, and each only once.
        for (let left = model.length; left > 0; left--) {
          now = Math.max(now, pipeline.deadline)
          assert.notEqual(pipeline.overdue(now), 'none')
          pipeline.remove(pipeline.oldest!)
        }
        assert.equal(pipeline.overdue(now), 'none')
      }),
      { numRuns: 200 },
    )
  })
})

describe('late blocks', () => {
  it('are remembered for a minute, the newest thousand', () => {
    const counters = new Counters()
    const late = new LateBlocks(defaultPeerOptions, counters)
    for (let piece = 0; piece < 2000; piece++) late.remember(0, piece, 0, 9, 0, 'timeout')
    assert.equal(late.find(0, 975, 0), undefined)
    assert.equal(late.find(60 * SECOND - 1, 976, 0)?.length, 9)
    assert.equal(late.find(60 * SECOND, 976, 0), undefined)
    assert.equal(counters.lateForgotten, 976)
    late.remember(61 * SECOND, 5000, 0, 9, 0, 'timeout')
    assert.equal(counters.lateForgotten, 976, 'what expired was not forgotten for lack of room')
    late.answered(5000, 0)
    assert.equal(late.find(61 * SECOND, 5000, 0), undefined)
  })
})
