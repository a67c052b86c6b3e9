import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { Spread } from '../../src/swarm/spread.ts'

/** Blocks of a piece. */
const BLOCKS = 2

/** What `shared` says is had by one peer. */
function spreadOf(pieceCount: number, shared: ReadonlySet<number> = new Set()): Spread {
  const availabilityOf = (piece: number): number => (shared.has(piece) ? 1 : 0)
  return new Spread({ pieceCount, blocks: BLOCKS, most: 16, availabilityOf })
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
          const spread = spreadOf(count)
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
            list.push(...spread.next(peer, nothing(count), ahead * BLOCKS))
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
    const spread = spreadOf(4, shared)
    const had = nothing(4)
    assert.deepEqual([spread.next(7, had, 1), spread.next(7, had, 1)], [[1], []])
    shared.add(1)
    had.add(1)
    assert.deepEqual([spread.next(7, had, 1), spread.next(8, nothing(4), 1)], [[3], [0]])
    had.add(0)
    assert.deepEqual(spread.next(9, had, 1), [2])
    assert.deepEqual(spread.next(10, had, 1), [])
  })

  it('counts what a peer took of its own choice', () => {
    const spread = spreadOf(3)
    takeWhole(spread, 1, 0)
    assert.deepEqual(spread.next(2, nothing(3), 1), [1])
  })

  it('suggests to others what a choked peer has not begun, and what it has got a part of', () => {
    const spread = spreadOf(3)
    const none = nothing(3)
    assert.deepEqual(spread.next(1, none, 1), [0])
    spread.taken(1, 0)
    assert.deepEqual(spread.next(1, none, 1), [1])
    assert.deepEqual(spread.next(2, none, 1), [2])
    takeWhole(spread, 2, 2)
    spread.release(1)
    assert.deepEqual([spread.next(3, none, 1), spread.next(4, none, 1)].flat().toSorted(), [0, 1])
  })

  it('suggests what others have to who has got four pieces of which nobody else has any, until somebody has one', () => {
    const shared = new Map<number, number>([[9, 5]])
    const availabilityOf = (piece: number): number => shared.get(piece) ?? 0
    const spread = new Spread({ pieceCount: 10, blocks: BLOCKS, most: 16, availabilityOf })
    const had = nothing(10)
    for (let piece = 0; piece < 4; piece++) {
      assert.deepEqual(spread.next(1, had, 1), [piece])
      takeWhole(spread, 1, piece)
      had.add(piece)
      shared.set(piece, 1)
      spread.release(1)
    }
    assert.deepEqual([spread.next(1, had, 1), spread.next(2, nothing(10), 1)], [[9], [4]])
    spread.release(1)
    shared.set(2, 2)
    assert.deepEqual(spread.next(1, had, 1), [5], 'it does pass on what it gets')
    spread.forget(1)
  })

  it('suggests as many pieces as a peer asks for ahead, within bounds', () => {
    const of = (blocks: number, most: number, ahead: number) =>
      new Spread({ pieceCount: 99, blocks, most, availabilityOf: () => 0 }).next(1, nothing(99), ahead).length
    assert.deepEqual([of(4, 16, 16), of(16, 16, 16), of(64, 16, 16), of(16, 16, 100)], [4, 1, 1, 7])
    assert.deepEqual([of(1, 16, 500), of(1, 0, 16)], [16, 0])
  })
})
