import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { below } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Picker } from '../../src/swarm/picker.ts'
import { PieceTracker } from '../../src/swarm/piece-tracker.ts'
import { fullSet, pickPeer, pieceBudget, seededDice } from './support.ts'
import { ToyDownload } from './toy-download.ts'

const MIB = 1024 * 1024

describe('the memory for pieces', () => {
  it('one unit may be drawn whatever its length, more only within the limit', () => {
    const budget = pieceBudget(100)
    const account = budget.join()
    assert.ok(account.affords(500))
    account.draw(500)
    assert.equal(account.affords(1), false)
    account.giveBack(500)
    account.draw(60)
    assert.deepEqual([account.affords(40), account.affords(41)], [true, false])
  })

  it('who holds nothing and was refused has the next turn, before who holds something', () => {
    const budget = pieceBudget(100)
    const woken: string[] = []
    const one = budget.join(() => woken.push('one'))
    const two = budget.join(() => woken.push('two'))
    one.draw(50)
    one.draw(50)
    assert.deepEqual([one.contended, two.affords(60), woken], [false, false, []])
    two.wait()
    one.wait()
    assert.deepEqual([one.contended, woken], [true, ['one']])
    one.giveBack(50)
    assert.deepEqual([one.affords(50), two.affords(60), woken], [false, false, ['one', 'two']])
    one.giveBack(50)
    assert.deepEqual([one.affords(50), two.affords(60)], [false, true])
    two.draw(60)
    assert.deepEqual([one.contended, one.affords(40)], [false, true])
  })

  it('who was woken and asks for nothing holds up nobody for longer than it takes to insist', () => {
    const budget = pieceBudget(100)
    const [one, gone, two] = [budget.join(), budget.join(), budget.join()]
    one.draw(100)
    gone.wait()
    two.wait()
    one.giveBack(100)
    assert.equal(two.affords(10), false)
    two.insist(5 * SECOND)
    assert.equal(two.affords(10), true)
  })

  it('what a torrent held when it left is for the others, and what comes back to it later does not count', () => {
    const budget = pieceBudget(100)
    const one = budget.join()
    const two = budget.join()
    one.draw(100)
    one.owe(100)
    assert.equal(two.affords(100), false)
    one.leave()
    one.giveBack(100)
    one.owe(-100)
    assert.deepEqual([budget.credit.drawn, budget.disk.drawn, two.affords(100)], [0, 0, true])
  })

  it('RS3: a long piece draws a mebibyte at a time, and none of it is asked for before that', () => {
    const budget = pieceBudget(2 * MIB)
    const geometry = new Geometry(64 * MIB, 64 * MIB)
    const tracker = new PieceTracker(geometry, new Bitfield(1), budget.join())
    const picker = new Picker({
      ...{
        tracker,
        dice: seededDice(1),
        options: resolveSwarmOptions(),
        rateOf: () => 0,
        provenPeers: () => [],
      },
    })
    const peer = pickPeer(1, fullSet(1))
    picker.peerPieces(peer.pieces)
    const blocks = Array.from({ length: 200 }, () => picker.next(peer)?.block).filter(
      (block) => block !== undefined,
    )
    assert.deepEqual([blocks.length, Math.max(...blocks)], [128, 127])
    assert.equal(tracker.claim(0, 128, 1), 'discard', 'a late block for which there is no memory')
    for (let block = 0; block < 64; block++) tracker.receive(0, block, 1)
    assert.equal(picker.next(peer), undefined, 'it waits for the disk')
    tracker.written(0, MIB)
    assert.deepEqual([picker.next(peer)?.block, budget.credit.most], [128, 2 * MIB])
    tracker.abandon(0)
    assert.equal(budget.credit.drawn, 0)
  })

  it('RS3: several downloads end within a budget that may be smaller than a piece: none is stuck, none starves', () => {
    const parameters = fc.record({
      seed: fc.nat(),
      torrents: fc.integer({ min: 1, max: 4 }),
      blocks: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 4 }),
      limit: fc.constantFrom(1, BLOCK_LENGTH, 5 * BLOCK_LENGTH, 12 * BLOCK_LENGTH),
      silent: fc.nat(1),
    })
    fc.assert(
      fc.property(parameters, ({ seed, torrents, blocks, limit, silent }) => {
        const dice = seededDice(seed)
        const budget = pieceBudget(limit)
        const toys = Array.from({ length: torrents }, (_, i) => {
          const length = blocks[i]! * BLOCK_LENGTH
          const toy = new ToyDownload(new Geometry(8 * length, length), dice, {}, budget)
          toy.join('honest', fullSet(8), 1 + below(dice, 4))
          for (let n = 0; n < silent; n++) toy.join('silent', fullSet(8), 2)
          return toy
        })
        const longest = Math.max(...blocks.slice(0, torrents)) * BLOCK_LENGTH
        for (let step = 0; step < 6000 && !toys.every(({ tracker }) => tracker.complete); step++) {
          toys[below(dice, torrents)]!.step()
          assert.ok(budget.credit.drawn <= Math.max(limit, longest))
        }
        assert.ok(toys.every(({ tracker }) => tracker.complete))
        assert.equal(budget.credit.drawn, 0)
      }),
      { numRuns: 100 },
    )
  })
})
