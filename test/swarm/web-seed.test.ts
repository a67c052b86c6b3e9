import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { WebSeed } from '../../src/swarm/web-seed.ts'
import { contentOf, DownloadRig, PIECE } from './download-rig.ts'

/** Gives a web seed the next bytes of what it is asked for, in chunks; `most`: no more than so many. */
function feed(
  rig: DownloadRig,
  seed: WebSeed,
  content: Uint8Array,
  chunk: number,
  most = Number.POSITIVE_INFINITY,
): boolean {
  const run = seed.next()
  if (run === undefined) return false
  const end = Math.min(run.end, run.begin + most)
  for (let at = run.begin; at < end; at += chunk)
    seed.data(0, content.subarray(at, Math.min(end, at + chunk)))
  if (end < run.end) seed.release(false)
  assert.equal(seed.busy, false)
  assert.ok(rig.account.held >= 0)
  return true
}

const quiet = (): void => {}

describe('a web seed in the swarm', () => {
  it('is asked for one run of what lies together, and after it for what follows', () => {
    const rig = new DownloadRig([40 * PIECE])
    const seed = new WebSeed(rig.download, 0, quiet)
    assert.deepEqual(seed.next(), { begin: 0, end: 16 * PIECE })
    seed.data(0, contentOf([40 * PIECE]).subarray(0, 16 * PIECE))
    assert.deepEqual([rig.gained, seed.busy], [16, false])
    assert.deepEqual(seed.next(), { begin: 16 * PIECE, end: 40 * PIECE })
  })

  it('gives back what it was asked for and has not sent', () => {
    const rig = new DownloadRig([40 * PIECE])
    const seed = new WebSeed(rig.download, 0, quiet)
    seed.next()
    seed.data(0, contentOf([40 * PIECE]).subarray(0, 2 * PIECE + BLOCK_LENGTH + 5))
    seed.release(false)
    const { tracker } = rig.download
    assert.equal(rig.gained, 2)
    assert.equal(tracker.blockState(2, 0), 'received')
    for (let piece = 3; piece < 16; piece++) assert.equal(tracker.blockState(piece, 0), 'free')
    assert.equal(tracker.blockState(2, 1), 'free')
    // Peers take them over.
    rig.serve(1)
    assert.ok(rig.download.complete && rig.account.held === 0)
  })

  it('leaves alone what a peer is at, but finishes what one that left has begun', () => {
    const rig = new DownloadRig([PIECE])
    rig.serve(1, 1, 2)
    const seed = new WebSeed(rig.download, 0, quiet)
    assert.deepEqual(seed.next(), { begin: 2 * BLOCK_LENGTH, end: PIECE })
    seed.data(0, new Uint8Array(2 * BLOCK_LENGTH).fill(1))
    assert.ok(rig.download.complete)
  })

  it('is told when it was wrong, and is asked for nothing more', () => {
    const rig = new DownloadRig([4 * PIECE])
    let told = 0
    const seed = new WebSeed(rig.download, 0, () => {
      told += 1
    })
    const run = seed.next()!
    seed.data(0, new Uint8Array(run.end - run.begin).fill(9))
    assert.deepEqual([told > 0, seed.guilty, seed.next(), rig.guilty], [true, true, undefined, []])
    seed.release(true)
    rig.serve(1)
    assert.ok(rig.download.complete && rig.download.helpers.size === 0)
  })

  it('in whatever pieces its answers come and wherever they break, with padding or a liar beside it: all is right in the end', () => {
    const length = fc.oneof(fc.integer({ min: 1, max: 3 * PIECE }), fc.integer({ min: -PIECE, max: -1 }))
    const turn = fc.record({
      who: fc.nat(2),
      chunk: fc.integer({ min: 1_000, max: 3 * PIECE }),
      most: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(3 * PIECE)),
    })
    fc.assert(
      fc.property(
        fc.array(length, { minLength: 1, maxLength: 8 }),
        fc.array(turn, { maxLength: 20 }),
        (lengths, turns) => {
          if (lengths.every((one) => one < 0)) return
          const rig = new DownloadRig(lengths)
          const content = contentOf(lengths)
          const lies = content.map((byte) => byte ^ 1)
          const convicted: number[] = []
          const seeds = [0, 1, 2].map(
            (index) => new WebSeed(rig.download, index, () => convicted.push(index)),
          )
          for (const { who, chunk, most } of turns)
            feed(rig, seeds[who]!, who === 2 ? lies : content, chunk, most)
          for (let i = 0; i < 200 && !rig.download.complete; i++) feed(rig, seeds[i % 2]!, content, 50_000)
          assert.ok(rig.download.complete, 'it comes to an end')
          assert.deepEqual(Buffer.compare(rig.memory, content), 0)
          assert.equal(rig.account.held, 0)
          assert.ok(convicted.every((index) => index === 2))
          for (const seed of seeds) seed.release(true)
          assert.equal(rig.download.helpers.size, 0)
        },
      ),
      { numRuns: 300 },
    )
  })
})
