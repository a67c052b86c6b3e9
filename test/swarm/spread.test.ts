import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { Spread } from '../../src/swarm/spread.ts'

/** Blocks of a piece. */
const BLOCKS = 2

/** What `shared` says is had by one peer. */
function spreadOf(pieceCount: number, ahead: number, shared: ReadonlySet<number> = new Set()): Spread {
  const availabilityOf = (piece: number): number => (shared.has(piece) ? 1 : 0)
  return new Spread({ pieceCount, blocks: BLOCKS, ahead, availabilityOf })
}

function takeWhole(spread: Spread, peer: number, piece: number): void {
  for (let block = 0; block < BLOCKS; block++) assert.equal(spread.taken(peer, piece), block === 0)
}

const nothing = (pieceCount: number): Bitfield => new Bitfield(pieceCount)

describe('spread', () => {
  it('gives no piece twice before each has been given once, to peers that take what is suggested', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ peer: fc.nat({ max: 7 }), leaves: fc.boolean() }), { maxLength: 300 }),
        (count, ahead, turns) => {
          const spread = spreadOf(count, ahead)
          const waiting = new Map<number, number[]>()
          const given = new Array<number>(count).fill(0)
          // What waits to be begun, and what each is served of.
          const held = () => [...waiting.values()].reduce((sum, pieces) => sum + pieces.length + 1, 0)
          for (const { peer, leaves } of turns) {
            if (leaves) {
              spread.release(peer)
              waiting.delete(peer)
              continue
            }
            const list = waiting.get(peer) ?? []
            list.push(...spread.next(peer, nothing(count)))
            waiting.set(peer, list)
            assert.ok(list.length <= ahead)
            assert.equal(new Set(list).size, list.length)
            const piece = list.shift()
            if (piece === undefined) continue
            takeWhole(spread, peer, piece)
            // Only what somebody still has in hand may be missing from a round.
            if (given[piece]! > 0)
              assert.ok(given.filter((times) => times < given[piece]!).length <= held(), `${piece} again`)
            given[piece]! += 1
          }
        },
      ),
    )
  })

  it('suggests what nobody has, then what few have, never what the peer has itself or somebody has in hand', () => {
    const shared = new Set([0, 2])
    const spread = spreadOf(4, 1, shared)
    const had = nothing(4)
    assert.deepEqual([spread.next(7, had), spread.next(7, had)], [[1], []])
    shared.add(1)
    had.add(1)
    assert.deepEqual([spread.next(7, had), spread.next(8, nothing(4))], [[3], [0]])
    had.add(0)
    assert.deepEqual(spread.next(9, had), [2])
    assert.deepEqual(spread.next(10, had), [])
  })

  it('counts what a peer took of its own choice', () => {
    const spread = spreadOf(3, 1)
    takeWhole(spread, 1, 0)
    assert.deepEqual(spread.next(2, nothing(3)), [1])
  })

  it('suggests to others what a choked peer has not begun, and what it has got a part of', () => {
    const spread = spreadOf(3, 1)
    const none = nothing(3)
    assert.deepEqual(spread.next(1, none), [0])
    spread.taken(1, 0)
    assert.deepEqual(spread.next(1, none), [1])
    assert.deepEqual(spread.next(2, none), [2])
    takeWhole(spread, 2, 2)
    spread.release(1)
    assert.deepEqual([spread.next(3, none), spread.next(4, none)].flat().toSorted(), [0, 1])
  })

  it('suggests one long piece at a time', () => {
    const of = (blocks: number) => new Spread({ pieceCount: 9, blocks, ahead: 2, availabilityOf: () => 0 })
    assert.deepEqual(
      [4, 8, 64].map((blocks) => of(blocks).next(1, nothing(9)).length),
      [2, 1, 1],
    )
  })

  it('suggests nothing when that is switched off', () => {
    for (const blocks of [1, 64]) {
      const spread = new Spread({ pieceCount: 2, blocks, ahead: 0, availabilityOf: () => 0 })
      assert.deepEqual(spread.next(1, nothing(2)), [])
    }
  })
})
