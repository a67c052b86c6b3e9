import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Spread } from '../../src/swarm/spread.ts'

describe('spread', () => {
  it('gives no piece twice before each has been given once, to peers that take what is suggested', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ peer: fc.nat({ max: 7 }), leaves: fc.boolean() }), { maxLength: 300 }),
        (count, ahead, turns) => {
          const spread = new Spread(count, ahead, () => true)
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
            list.push(...spread.next(peer))
            waiting.set(peer, list)
            assert.ok(list.length <= ahead)
            assert.equal(new Set(list).size, list.length)
            const piece = list.shift()
            if (piece === undefined) continue
            spread.taken(peer, piece)
            // Only what somebody still has in hand may be missing from a round.
            if (given[piece]! > 0)
              assert.ok(given.filter((times) => times < given[piece]!).length <= held(), `${piece} again`)
            given[piece]! += 1
            assert.equal(spread.taken(peer, piece), false, 'the next block of it begins nothing')
          }
        },
      ),
    )
  })

  it('suggests only what nobody has, and puts another in the place of what somebody has got', () => {
    const shared = new Set([0, 2])
    const spread = new Spread(4, 1, (piece) => !shared.has(piece))
    assert.deepEqual([spread.next(7), spread.next(7)], [[1], []])
    shared.add(1)
    assert.deepEqual([spread.next(7), spread.next(8)], [[3], []], 'what is in hand is for nobody else')
  })

  it('counts what a peer took of its own choice', () => {
    const spread = new Spread(3, 1, () => true)
    spread.taken(1, 0)
    assert.deepEqual(spread.next(2), [1])
  })

  it('suggests to others what a choked peer has not begun', () => {
    const spread = new Spread(2, 1, () => true)
    assert.deepEqual(spread.next(1), [0])
    assert.deepEqual(spread.next(2), [1])
    spread.release(1)
    assert.deepEqual(spread.next(3), [0])
  })

  it('suggests nothing when that is switched off', () => {
    assert.deepEqual(new Spread(2, 0, () => true).next(1), [])
  })
})
