import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Bitfield } from '../../src/core/bitfield.ts'
import { Availability } from '../../src/swarm/availability.ts'
import { NORMAL } from '../../src/swarm/level.ts'
import { fullSet, seededDice, setOf } from './support.ts'

const PIECES = 20

describe('availability', () => {
  it('finds the rarest piece that a peer has', () => {
    const available = new Availability(4)
    for (const piece of [0, 1, 2, 3]) available.offer(piece, NORMAL)
    available.addAll(fullSet(4))
    available.addAll(setOf(4, [0, 1, 3]))
    available.addAll(setOf(4, [0, 3]))
    assert.equal(available.rarest(fullSet(4), seededDice(1)), 2)
    assert.equal(available.rarest(setOf(4, [0, 1]), seededDice(1)), 1)
    available.withdraw(1)
    assert.equal(available.rarest(setOf(4, [1]), seededDice(1)), -1)
    assert.deepEqual(
      [0, 1, 2, 3].map((piece) => available.of(piece)),
      [3, 2, 1, 3],
    )
  })

  it('breaks ties by lot, so that peers do not all fetch the same', () => {
    const available = new Availability(100)
    for (let piece = 0; piece < 100; piece++) available.offer(piece, NORMAL)
    available.addAll(fullSet(100))
    const dice = seededDice(3)
    const found = new Set(Array.from({ length: 50 }, () => available.rarest(fullSet(100), dice)))
    assert.ok(found.size > 25, `${found.size} different ones`)
  })

  it('finds the only piece that a peer has among a hundred thousand', () => {
    const available = new Availability(100_000)
    for (let piece = 0; piece < 100_000; piece++) available.offer(piece, NORMAL)
    available.addAll(fullSet(100_000))
    const one = setOf(100_000, [54_321])
    available.addAll(one)
    assert.equal(available.rarest(one, seededDice(1)), 54_321)
    assert.equal(available.any(one, seededDice(1)), 54_321)
    assert.equal(available.rarestOf([1, 54_321], one, seededDice(1)), 54_321)
  })

  it('knows what only those have who have everything', () => {
    const available = new Availability(3)
    for (let piece = 0; piece < 3; piece++) available.offer(piece, NORMAL)
    assert.deepEqual([available.hasScarce, available.hasUnshared], [false, true])
    available.addAll(setOf(3, [0, 1]))
    assert.deepEqual([available.hasScarce, available.hasUnshared], [false, true])
    available.addAll(fullSet(3))
    assert.deepEqual([available.hasScarce, available.hasUnshared], [true, false])
    assert.deepEqual(
      [0, 1, 2].map((piece) => available.isScarce(piece)),
      [false, false, true],
    )
    available.withdraw(2)
    assert.deepEqual([available.hasScarce, available.isScarce(2)], [false, true])
  })

  it('draws among the rarest pieces of a short list, which others have too', () => {
    const available = new Availability(8)
    for (let piece = 0; piece < 8; piece++) available.offer(piece, NORMAL)
    available.addAll(setOf(8, [0, 1, 2, 3]))
    available.add(1)
    const drawn = new Set<number>()
    for (let seed = 1; seed <= 40; seed++) {
      drawn.add(available.rarestOf([1, 0, 2, 3], setOf(8, [0, 1, 2, 3]), seededDice(seed)))
    }
    assert.deepEqual([...drawn].sort(), [0, 2, 3])
  })

  it('BF4 equals a recount after any sequence of sets, replacements, haves and departures', () => {
    const setArbitrary = fc.oneof(
      fc.constant([...Array(PIECES).keys()]),
      fc.array(fc.nat(PIECES - 1), { maxLength: PIECES }),
    )
    const step = fc.record({
      move: fc.constantFrom('join', 'replace', 'have', 'lose', 'leave', 'offer', 'withdraw'),
      who: fc.nat(3),
      piece: fc.nat(PIECES - 1),
      set: setArbitrary,
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(), (steps, seed) => {
        const available = new Availability(PIECES)
        const dice = seededDice(seed)
        const peers = new Map<number, Bitfield>()
        const offered = new Set<number>()
        for (const { move, who, piece, set } of steps) {
          const pieces = peers.get(who)
          if (move === 'join' || move === 'replace') {
            if (pieces !== undefined) available.removeAll(pieces)
            peers.set(who, setOf(PIECES, set))
            available.addAll(peers.get(who)!)
          } else if (move === 'have' && pieces?.add(piece)) available.add(piece)
          else if (move === 'lose' && pieces?.remove(piece)) available.remove(piece)
          else if (move === 'leave' && pieces !== undefined) {
            available.removeAll(pieces)
            peers.delete(who)
          } else if (move === 'offer') {
            available.offer(piece, NORMAL)
            offered.add(piece)
          } else if (move === 'withdraw') {
            available.withdraw(piece)
            offered.delete(piece)
          }
          check(available, peers, offered, dice)
        }
      }),
      { numRuns: 200 },
    )
  })

  function check(
    available: Availability,
    peers: ReadonlyMap<number, Bitfield>,
    offered: ReadonlySet<number>,
    dice: ReturnType<typeof seededDice>,
  ): void {
    const recount = (piece: number) => [...peers.values()].filter((pieces) => pieces.has(piece)).length
    for (let piece = 0; piece < PIECES; piece++) assert.equal(available.of(piece), recount(piece))
    assert.equal(
      available.reachable,
      [...offered].some((piece) => recount(piece) > 0),
    )
    for (const pieces of peers.values()) {
      const common = [...offered].filter((piece) => pieces.has(piece))
      const least = Math.min(...common.map(recount))
      const found = available.rarest(pieces, dice)
      if (common.length === 0) assert.equal(found, -1)
      else {
        assert.ok(common.includes(found))
        assert.equal(recount(found), least)
        assert.ok(common.includes(available.any(pieces, dice)))
      }
    }
  }
})
