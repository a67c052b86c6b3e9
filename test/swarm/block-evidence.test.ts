import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes } from '../../src/core/bytes.ts'
import { Blame } from '../../src/swarm/blame.ts'
import { type BadCopy, BlockEvidence } from '../../src/swarm/block-evidence.ts'
import { NO_PEER } from '../../src/swarm/open-piece.ts'

/** Digests of blocks whose content is told by a number each. */
function digests(...contents: readonly number[]): Uint8Array {
  return concatBytes(contents.map((content) => new Uint8Array(20).fill(content)))
}

/** A copy of `piece`: who sent each block, and what. */
function copy(piece: number, ...blocks: readonly (readonly [peer: number, content: number])[]): BadCopy {
  return {
    piece,
    suppliers: blocks.map(([peer]) => peer),
    digests: digests(...blocks.map(([, content]) => content)),
  }
}

const GOOD = digests(1, 1, 1, 1, 1)

describe('evidence', () => {
  it('CL9: of five that share a bad piece, exactly the one whose block differs is guilty', () => {
    const evidence = new BlockEvidence()
    assert.deepEqual(evidence.add(copy(4, [11, 1], [12, 1], [13, 9], [14, 1], [15, 1])), [])
    assert.deepEqual([evidence.holds(4), evidence.holds(5)], [true, false])
    assert.deepEqual(evidence.judge(4, GOOD), { guilty: [13], innocent: [11, 12, 14, 15] })
    assert.equal(evidence.holds(4), false, 'once')
  })

  it('CL9: one wrong block of many is enough, in the last byte of its digest too', () => {
    const evidence = new BlockEvidence()
    const bad = copy(0, [11, 1], [12, 1], [11, 1], [12, 1], [11, 1])
    bad.digests[99]! ^= 1
    evidence.add(bad)
    assert.deepEqual(evidence.judge(0, GOOD), { guilty: [11], innocent: [12] })
  })

  it('CL11: who sends two contents for one block is guilty at once, while nobody knows the right one', () => {
    const evidence = new BlockEvidence()
    evidence.add(copy(0, [11, 1], [12, 8]))
    assert.deepEqual(evidence.add(copy(0, [11, 1], [12, 9])), [12])
    assert.deepEqual(evidence.add(copy(0, [13, 5], [11, 1])), [], 'another peer may send another one')
  })

  it('blames nobody for what is padding, nor for a piece of which it knows nothing', () => {
    const evidence = new BlockEvidence()
    evidence.add(copy(0, [NO_PEER, 1], [11, 1]))
    assert.deepEqual(evidence.add(copy(0, [NO_PEER, 2], [11, 1])), [])
    assert.deepEqual(evidence.judge(7, GOOD), { guilty: [], innocent: [] })
  })

  it('keeps 4,096 copies unless it is told otherwise', () => {
    const evidence = new BlockEvidence()
    for (let piece = 0; piece <= 4096; piece++) evidence.add(copy(piece, [11, 1]))
    assert.deepEqual([evidence.forgotten, evidence.holds(0), evidence.holds(1)], [1, false, true])
  })

  it('CL12: two that send the same bad block, in two copies of a piece, are both guilty', () => {
    const evidence = new BlockEvidence()
    evidence.add(copy(0, [11, 1], [12, 9]))
    evidence.add(copy(0, [11, 1], [13, 9]))
    assert.deepEqual(evidence.judge(0, GOOD), { guilty: [12, 13], innocent: [11] })
  })

  it('finds nobody guilty where no block differs', () => {
    const evidence = new BlockEvidence()
    evidence.add(copy(0, [11, 1], [12, 1]))
    assert.deepEqual(evidence.judge(0, GOOD), { guilty: [], innocent: [11, 12] })
  })

  it('is capped by blocks and by copies: the piece that failed longest ago is forgotten, and counted', () => {
    for (const caps of [
      { blocks: 6, copies: 100 },
      { blocks: 100, copies: 3 },
    ]) {
      const evidence = new BlockEvidence(caps)
      for (const piece of [1, 2, 3]) evidence.add(copy(piece, [11, 1], [12, 9]))
      assert.equal(evidence.forgotten, 0)
      evidence.judge(2, GOOD)
      evidence.add(copy(1, [11, 1], [13, 9]))
      assert.equal(evidence.forgotten, 0, 'what was judged makes room')
      evidence.add(copy(4, [11, 1], [12, 9]))
      assert.deepEqual(
        [evidence.holds(3), evidence.forgotten],
        [false, 1],
        'the piece 1 failed again after 3',
      )
      evidence.add(copy(5, [11, 1], [12, 9]))
      assert.deepEqual(evidence.judge(1, GOOD).guilty, [13], 'its first copy is gone')
      assert.equal(evidence.forgotten, 2)
    }
  })
})

describe('blame with digests', () => {
  it('CL9: the good copy convicts the liar and clears those who suffered with it', () => {
    const blame = new Blame()
    assert.deepEqual(blame.failed([11, 12, 13], copy(7, [11, 1], [12, 9], [13, 1])), {
      ban: [],
      suspects: [11, 12, 13],
      cleared: [],
    })
    assert.deepEqual([blame.awaits(7), blame.awaits(8)], [true, false])
    assert.deepEqual(blame.compared(7, GOOD), { ban: [12], suspects: [], cleared: [11, 13] })
    assert.deepEqual(
      [11, 12, 13].map((peer) => blame.suspects(peer)),
      [false, false, false],
    )
  })

  it('an acquittal counts as one good piece: who was involved twice stays a suspect until the second', () => {
    const blame = new Blame()
    for (const piece of [1, 2]) blame.failed([11, 12], copy(piece, [11, 1], [12, 9]))
    assert.deepEqual(blame.compared(1, GOOD), { ban: [12], suspects: [], cleared: [] })
    assert.deepEqual(blame.compared(2, GOOD), { ban: [12], suspects: [], cleared: [11] })
  })

  it('CL10: who has left is convicted all the same', () => {
    const blame = new Blame()
    blame.failed([11, 12], copy(1, [11, 1], [12, 9]))
    blame.gone(12)
    assert.deepEqual(blame.compared(1, GOOD).ban, [12])
  })

  it('CL11: one that is caught by two contents is no suspect besides', () => {
    const blame = new Blame()
    blame.failed([11, 12], copy(1, [11, 1], [12, 8]))
    assert.deepEqual(blame.failed([12, 13], copy(1, [13, 1], [12, 9])), {
      ban: [12],
      suspects: [13],
      cleared: [],
    })
    assert.equal(blame.suspects(12), false)
  })
})
