import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { MILLISECOND, type Micros, NEVER } from '../../src/core/time.ts'
import type { PeerWire } from '../../src/peer/peer-wire.ts'
import { News } from '../../src/swarm/news.ts'
import { PeerSlot } from '../../src/swarm/peer-slot.ts'

const PIECES = 400
const INTERVAL = 500 * MILLISECOND

/** A crowd that has got `PIECES` pieces at most, whose peers write down what they are told. */
class Rig {
  hasFreeSlot = false
  readonly news: News = new News(() => this.hasFreeSlot)
  readonly slots: PeerSlot[] = []
  /** By peer, in their order. */
  readonly told = new Map<
    PeerSlot,
    { readonly piece: number; readonly at: Micros; readonly soon: boolean }[]
  >()

  join(interested = false, ...has: readonly number[]): PeerSlot {
    const pieces = new Bitfield(PIECES)
    for (const piece of has) pieces.add(piece)
    const peer = {
      ...{ interested, pieces },
      announceHave: (at: Micros, piece: number, soon: boolean) =>
        this.told.get(slot)!.push({ piece, at, soon }),
    } as unknown as PeerWire
    const slot: PeerSlot = new PeerSlot(this.slots.length + 1, peer, 0, pieces)
    this.told.set(slot, [])
    this.slots.push(slot)
    this.news.enter(slot)
    return slot
  }

  crowd(count: number): void {
    for (let i = 0; i < count; i++) this.join()
  }

  piecesOf(slot: PeerSlot): number[] {
    return this.told.get(slot)!.map(({ piece }) => piece)
  }

  /** How many have heard of `piece`. */
  heard(piece: number): number {
    return this.slots.filter((slot) => this.piecesOf(slot).includes(piece)).length
  }
}

describe('News', () => {
  it('of a piece is told to all of a small crowd at once', () => {
    const rig = new Rig()
    rig.crowd(32)
    rig.news.got(1, 7)
    assert.deepEqual([rig.heard(7), rig.news.deadline], [32, NEVER])
  })

  it('is told at once to 32 of a large crowd, by turns, and to those that we serve, and to the rest half a second later', () => {
    const rig = new Rig()
    rig.crowd(100)
    const served = rig.slots[99]!
    rig.news.serves(0, served, true)
    rig.news.got(1, 0)
    rig.news.got(2, 1)
    assert.deepEqual([rig.heard(0), rig.heard(1), rig.piecesOf(served)], [65, 33, [0, 1]])
    assert.equal(rig.news.deadline, 1 + INTERVAL)
    rig.news.tick(INTERVAL)
    assert.equal(rig.heard(0), 65)
    rig.news.tick(1 + INTERVAL)
    assert.ok(rig.slots.every((slot) => rig.piecesOf(slot).join() === '0,1'))
    assert.equal(rig.news.deadline, NEVER)
  })

  it('goes to whom we begin to serve before it may ask, and by turns alone to whom we serve no more', () => {
    const rig = new Rig()
    rig.crowd(100)
    const served = rig.slots[99]!
    rig.news.got(1, 0)
    assert.deepEqual(rig.piecesOf(served), [])
    rig.news.serves(2, served, true)
    assert.deepEqual(rig.piecesOf(served), [0])
    rig.news.serves(3, served, false)
    rig.news.got(4, 1)
    assert.deepEqual(rig.piecesOf(served), [0])
  })

  it('is nothing to whoever has the piece, or came later, or has left', () => {
    const rig = new Rig()
    rig.crowd(100)
    const [owner, left] = [rig.join(false, 5), rig.join()]
    rig.news.serves(0, left, true)
    rig.news.got(1, 5)
    const late = rig.join()
    rig.news.gone(left)
    rig.news.got(2, 6)
    rig.news.tick(1 + INTERVAL)
    assert.deepEqual(
      [owner, left, late].map((slot) => rig.piecesOf(slot)),
      [[6], [5], [6]],
    )
  })

  it('may not wait with whom it could make interested while there is a slot', () => {
    const rig = new Rig()
    const [idle, keen] = [rig.join(false), rig.join(true)]
    rig.news.got(1, 0)
    rig.hasFreeSlot = true
    rig.news.got(2, 1)
    const soon = (slot: PeerSlot): boolean[] => rig.told.get(slot)!.map((one) => one.soon)
    assert.deepEqual(
      [soon(idle), soon(keen)],
      [
        [false, true],
        [false, false],
      ],
    )
  })

  it('reaches everybody once, in order, within half a second', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('got' as const), wait: fc.integer({ min: 0, max: INTERVAL / 4 }) }),
      fc.record({
        kind: fc.constantFrom('join' as const, 'serve' as const, 'gone' as const),
        nth: fc.nat(200),
      }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 80 }), fc.array(step, { maxLength: 200 }), (peers, steps) => {
        const rig = new Rig()
        rig.crowd(peers)
        const here = new Map(rig.slots.map((slot) => [slot, [] as number[]]))
        const gotAt: Micros[] = []
        let now: Micros = 0
        for (const one of steps) {
          if (one.kind === 'got') {
            now += one.wait
            if (rig.news.deadline <= now) rig.news.tick(now)
            for (const due of here.values()) due.push(gotAt.length)
            rig.news.got(now, gotAt.length)
            gotAt.push(now)
          } else if (one.kind === 'join') here.set(rig.join(), [])
          else {
            const slot = [...here.keys()][one.nth % Math.max(1, here.size)]
            if (slot === undefined) continue
            if (one.kind === 'serve') rig.news.serves(now, slot, one.nth % 2 === 0)
            else {
              rig.news.gone(slot)
              here.delete(slot)
            }
          }
        }
        if (rig.news.deadline < NEVER) rig.news.tick(rig.news.deadline)
        for (const [slot, due] of here) assert.deepEqual(rig.piecesOf(slot), due)
        for (const told of rig.told.values())
          for (const { piece, at } of told) assert.ok(at <= gotAt[piece]! + INTERVAL + INTERVAL / 4)
      }),
      { numRuns: 200 },
    )
  })
})
