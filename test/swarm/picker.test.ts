import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { below } from '../../src/core/rng.ts'
import type { Level } from '../../src/swarm/level.ts'
import type { SwarmOptions } from '../../src/swarm/options.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Picker } from '../../src/swarm/picker.ts'
import { PieceTracker } from '../../src/swarm/piece-tracker.ts'
import { fullSet, levelsOf, pickPeer, pieceBudget, seededDice, setOf, type TestPeer } from './support.ts'
import { ToyDownload } from './toy-download.ts'

interface Rig {
  readonly tracker: PieceTracker
  readonly picker: Picker
  readonly rates: Map<number, number>
  readonly proven: Set<number>
}

/** Pieces of two blocks. */
function rig(
  pieceCount: number,
  options: Partial<SwarmOptions> = {},
  wanted?: Bitfield,
  memory?: number,
): Rig {
  const geometry = new Geometry(2 * BLOCK_LENGTH * pieceCount, 2 * BLOCK_LENGTH)
  const account = pieceBudget(memory).join()
  const tracker = new PieceTracker(geometry, new Bitfield(pieceCount), account, wanted && levelsOf(wanted))
  const rates = new Map<number, number>()
  const proven = new Set<number>()
  const picker = new Picker({
    tracker,
    dice: seededDice(5),
    options: resolveSwarmOptions({ randomPieces: 0, ...options }),
    rateOf: (key) => rates.get(key) ?? 0,
    provenPeers: () => [...proven].map((key) => pickPeer(key, new Bitfield(pieceCount))),
  })
  return { tracker, picker, rates, proven }
}

function seed(rigged: Rig, key: number, more: Partial<TestPeer> = {}): TestPeer {
  const peer = pickPeer(key, fullSet(rigged.tracker.geometry.pieceCount), more)
  rigged.picker.peerPieces(peer.pieces)
  return peer
}

function picks(rigged: Rig, peer: TestPeer, count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => {
    const pick = rigged.picker.next(peer)
    return pick && `${pick.piece}.${pick.block}${pick.endgame ? '*' : ''}`
  })
}

/** The piece fails after `suppliers` have each given a block. */
function failPiece(rigged: Rig, piece: number, suppliers: readonly [number, number]): void {
  rigged.tracker.open(piece, suppliers[0], 'shared')
  suppliers.forEach((key, block) => {
    rigged.tracker.receive(piece, block, key)
  })
  rigged.tracker.failed(piece)
}

describe('the picker', () => {
  it('leaves a failed piece to peers that have proven to answer, while there is one', () => {
    const rigged = rig(1)
    failPiece(rigged, 0, [8, 9])
    const silent = seed(rigged, 1, { proven: false })
    rigged.proven.add(2)
    assert.equal(rigged.picker.next(silent), undefined)
    assert.deepEqual(picks(rigged, seed(rigged, 2), 1), ['0.0'])
  })

  it('gives a failed piece to whoever there is when nobody has proven anything yet', () => {
    const rigged = rig(1)
    failPiece(rigged, 0, [8, 9])
    assert.deepEqual(picks(rigged, seed(rigged, 1, { proven: false }), 1), ['0.0'])
  })

  it('RS10 takes the rarest piece first, and finishes it before it opens another', () => {
    const rigged = rig(4)
    const all = seed(rigged, 1)
    for (const pieces of [
      [0, 1, 3],
      [0, 1, 3],
      [0, 3],
    ])
      rigged.picker.peerPieces(setOf(4, pieces))
    assert.deepEqual(picks(rigged, all, 4), ['2.0', '2.1', '1.0', '1.1'])
  })

  it('CL25: for want of memory looks at few of the blocks that others owe, the oldest, however many there are', (t) => {
    for (const open of [20, 200]) {
      const rigged = rig(300, {}, undefined, open * 2 * BLOCK_LENGTH)
      const [silent, steady, idle] = [seed(rigged, 1), seed(rigged, 2), seed(rigged, 3)]
      rigged.rates.set(2, 100)
      assert.equal(picks(rigged, silent, 2).includes(undefined), false)
      assert.equal(picks(rigged, steady, 2 * open - 2).includes(undefined), false)
      const [first] = picks(rigged, idle, 1)
      const [second] = picks(rigged, idle, 1)
      assert.ok(first?.endsWith('*') && second?.endsWith('*'), 'the blocks of the silent one, a second time')
      const looks = t.mock.method(rigged.rates, 'get')
      assert.deepEqual(picks(rigged, idle, 1), [undefined])
      assert.ok(looks.mock.callCount() <= 50, `${looks.mock.callCount()} rates for ${open} open pieces`)
    }
  })

  it('begins with pieces by lot', () => {
    const firsts = new Set<number>()
    for (let dice = 1; dice <= 20; dice++) {
      const geometry = new Geometry(8 * BLOCK_LENGTH, BLOCK_LENGTH)
      const tracker = new PieceTracker(geometry, new Bitfield(8), pieceBudget().join())
      const picker = new Picker({
        tracker,
        dice: seededDice(dice),
        options: resolveSwarmOptions(),
        rateOf: () => 0,
        provenPeers: () => [],
      })
      picker.peerPieces(fullSet(8))
      picker.peerPieces(setOf(8, [0, 1, 2, 3, 4, 5, 6]))
      picker.peerPieces(setOf(8, [1, 2, 3, 4, 5, 6, 7]))
      firsts.add(picker.next(pickPeer(1, fullSet(8)))!.piece)
    }
    assert.ok(firsts.size > 3, `${firsts.size} different ones`)
  })

  it('asks who has everything for what nobody else has, before the rest of open pieces and from the first piece on', () => {
    const rigged = rig(4, { randomPieces: 4 })
    const all = seed(rigged, 1)
    const some = pickPeer(2, setOf(4, [0, 1]))
    rigged.picker.peerPieces(some.pieces)
    assert.match(picks(rigged, some, 1)[0]!, /^[01]\.0$/)
    const scarce = picks(rigged, all, 4).map((pick) => pick!.slice(0, 1))
    assert.deepEqual(scarce.toSorted(), ['2', '2', '3', '3'])
    assert.equal(scarce[0], scarce[1], 'one after the other')
    assert.match(picks(rigged, all, 1)[0]!, /^[01]\.1$/, 'then it helps with what others have begun')
  })

  it('CL17: who never sent what it was asked for is tried with what others owe, and keeps no piece from anybody', () => {
    const rigged = rig(4)
    const [busy, silent] = [seed(rigged, 1), seed(rigged, 2, { silent: true })]
    const [owed] = picks(rigged, busy, 1)
    assert.deepEqual(picks(rigged, silent, 1), [`${owed}*`])
    const alone = rig(4)
    assert.equal(
      picks(alone, seed(alone, 2, { silent: true }), 1)[0]!.endsWith('*'),
      false,
      'when nobody owes anything',
    )
  })

  it('FX16: who has everything is asked first for what it suggests, as long as it has what nobody else has', () => {
    const rigged = rig(64, { randomPieces: 4 })
    const all = seed(rigged, 1, { suggested: [40, 9, 64, 0xffff] })
    rigged.picker.peerPieces(setOf(64, [9]))
    assert.deepEqual(picks(rigged, all, 4), ['40.0', '40.1', '9.0', '9.1'])
    for (let piece = 0; piece < 64; piece++) if (piece !== 9) rigged.picker.peerHave(piece)
    rigged.picker.peerHave(5)
    const [other] = picks(rigged, { ...all, suggested: [5] }, 1)
    assert.notEqual(other, '5.0', 'then the rarest, whatever it suggests')
  })

  it('FX16: what was begun for others that claim to have everything, and sent none of it, gives way to what a seed suggests', () => {
    const rigged = rig(8)
    const liar = seed(rigged, 1)
    const begun = [...new Set(picks(rigged, liar, 5).map((pick) => Number.parseInt(pick!, 10)))]
    const suggested = [0, 1, 2, 3, 4, 5, 6, 7].filter((piece) => !begun.includes(piece)).slice(0, 1)
    const real = seed(rigged, 2, { suggested })
    assert.deepEqual(picks(rigged, real, 2), [`${suggested[0]}.0`, `${suggested[0]}.1`])
    // The third piece was begun with its first block; the seed adds to it once that has come.
    rigged.tracker.receive(begun[2]!, 0, 1)
    assert.deepEqual(picks(rigged, real, 1), [`${begun[2]}.1`])
  })

  it('FX16: one that suggests nothing more is giving what nobody has to others: it is asked for that last', () => {
    const rigged = rig(4)
    const all = seed(rigged, 1, { suggested: [2] })
    rigged.picker.peerPieces(setOf(4, [0]))
    assert.deepEqual(picks(rigged, all, 4), ['2.0', '2.1', '0.0', '0.1'])
    const scarce = picks(rigged, all, 4).map((pick) => pick!.slice(0, 1))
    assert.deepEqual(scarce.toSorted(), ['1', '1', '3', '3'])
  })

  it('asks who has everything as it asks anybody when that is switched off', () => {
    const rigged = rig(4, { scarceFirst: 0 })
    const all = seed(rigged, 1)
    const some = pickPeer(2, setOf(4, [0, 1]))
    rigged.picker.peerPieces(some.pieces)
    const [begun] = picks(rigged, some, 1)
    assert.equal(picks(rigged, all, 1)[0], `${begun!.slice(0, 1)}.1`, 'the rest of an open piece')
  })

  it('finishes with who has everything what nobody else has, before it opens more of that', () => {
    const rigged = rig(4)
    const [one, two] = [seed(rigged, 1), seed(rigged, 2)]
    rigged.picker.peerPieces(setOf(4, [0]))
    const [first] = picks(rigged, one, 1)
    rigged.picker.peerGone(one.pieces)
    assert.deepEqual(picks(rigged, two, 1), [`${first!.slice(0, 1)}.1`])
  })

  it('gives a second peer the rest of an open piece', () => {
    const rigged = rig(4)
    const [one, two] = [seed(rigged, 1), seed(rigged, 2)]
    const first = rigged.picker.next(one)!
    assert.deepEqual(picks(rigged, two, 1), [`${first.piece}.1`])
  })

  it('gives fast peers whole pieces, which others join only when they have nothing else', () => {
    const rigged = rig(2)
    const [fast, slow, slower] = [seed(rigged, 1, { fast: true }), seed(rigged, 2), seed(rigged, 3)]
    const mine = rigged.picker.next(fast)!.piece
    const other = 1 - mine
    assert.deepEqual(picks(rigged, slow, 2), [`${other}.0`, `${other}.1`])
    assert.deepEqual(picks(rigged, slower, 1), [`${mine}.1`])
  })

  it('asks a choking peer for its allowed pieces alone', () => {
    const rigged = rig(6)
    const peer = seed(rigged, 1, { allowed: new Set([4]) })
    assert.deepEqual(picks(rigged, peer, 3), ['4.0', '4.1', undefined])
    const nothing = seed(rigged, 2, { allowed: new Set<number>() })
    assert.deepEqual(picks(rigged, nothing, 1), [undefined])
  })

  it('keeps to the budget of open pieces, but one may always be open', () => {
    const rigged = rig(4, {}, undefined, 1)
    const peer = seed(rigged, 1)
    assert.deepEqual(picks(rigged, peer, 3).filter(Boolean).length, 2)
    assert.equal(rigged.tracker.openCount, 1)
    const wide = rig(4, { openPieces: 2 })
    assert.equal(picks(wide, seed(wide, 1), 8).filter(Boolean).length, 4)
  })

  it('gives up an idle piece that keeps a peer from working, and only then', () => {
    const rigged = rig(2, {}, undefined, 1)
    const one = pickPeer(1, setOf(2, [0]))
    const two = pickPeer(2, setOf(2, [1]))
    rigged.picker.peerPieces(one.pieces)
    rigged.picker.peerPieces(two.pieces)
    rigged.picker.next(one)
    assert.equal(rigged.picker.next(two), undefined)
    assert.equal(rigged.picker.relieve(two), -1, 'someone is at it')
    rigged.tracker.release(0, 0, 1)
    assert.equal(rigged.picker.relieve(two), 0)
    rigged.tracker.abandon(0)
    assert.deepEqual(picks(rigged, two, 1), ['1.0'])
  })

  it('names a piece that we lack and a peer has, from a hint on', () => {
    const rigged = rig(40)
    rigged.tracker.have.add(3)
    const pieces = setOf(40, [3, 9, 30])
    assert.equal(rigged.picker.witnessIn(pieces), 9)
    assert.equal(rigged.picker.witnessIn(pieces, 24), 30)
    assert.equal(rigged.picker.witnessIn(pieces, 39), 9)
    assert.equal(rigged.picker.witnessIn(setOf(40, [3])), -1)
  })
})

describe('the picker, when a part is wanted', () => {
  it('asks for nothing else, finds nothing else interesting, and is at its end when it has that', () => {
    const rigged = rig(5, {}, setOf(5, [1, 3]))
    const peer = seed(rigged, 1)
    const { tracker, picker } = rigged
    assert.deepEqual(
      picks(rigged, peer, 5)
        .map((pick) => pick?.[0])
        .sort(),
      ['1', '1', '3', '3', undefined],
    )
    assert.equal(picker.witnessIn(setOf(5, [0, 2, 4])), -1)
    assert.equal(picker.witnessIn(setOf(5, [2, 3])), 3)
    const choking = (...allowed: readonly number[]) => pickPeer(2, fullSet(5), { allowed: new Set(allowed) })
    assert.deepEqual([picker.employs(choking(0, 2)), picker.employs(choking(2, 3))], [false, true])
    for (const piece of [1, 3]) {
      assert.equal(tracker.complete, false)
      for (const block of [0, 1]) tracker.receive(piece, block, peer.key)
      tracker.verified(piece)
    }
    assert.deepEqual([tracker.complete, tracker.remaining, tracker.have.count], [true, 0, 2])
    picker.peerPieces(fullSet(5))
    assert.equal(picker.next(pickPeer(3, fullSet(5))), undefined)
  })

  it('fetches a wanted piece again that has failed or was given up, and never one that is not wanted', () => {
    const rigged = rig(4, {}, setOf(4, [2]))
    const peer = seed(rigged, 1)
    failPiece(rigged, 2, [1, 7])
    assert.deepEqual(picks(rigged, peer, 3), ['2.0', '2.1', undefined])
    rigged.tracker.abandon(2)
    assert.deepEqual(picks(rigged, peer, 3), ['2.0', '2.1', undefined])
  })
})

describe('the picker, when some pieces are wanted more than others', () => {
  it('begins those of a higher level first, the rarest of one level before its others, and lower ones for who has no other', () => {
    const rigged = rig(6)
    const all = seed(rigged, 1)
    const poor = pickPeer(2, setOf(6, [0, 1]))
    for (const pieces of [[0, 1, 2, 3], [0, 1, 2], [5]]) rigged.picker.peerPieces(setOf(6, pieces))
    for (const [piece, level] of [1, 2, 3, 3, 2, 1].entries()) rigged.tracker.setLevel(piece, level as Level)
    assert.deepEqual(picks(rigged, poor, 2), ['1.0', '1.1'])
    assert.deepEqual(
      picks(rigged, all, 10).map((pick) => pick?.[0]),
      ['3', '3', '2', '2', '4', '4', '5', '5', '0', '0'],
    )
  })

  it('begins a piece of a higher level before it goes on with one of a lower, and in sequence too', () => {
    for (const sequential of [0, 1]) {
      const rigged = rig(4, { sequential })
      const peer = seed(rigged, 1)
      rigged.tracker.open(0, 9, 'shared')
      rigged.tracker.setLevel(3, 3)
      assert.deepEqual(picks(rigged, peer, 3), ['3.0', '3.1', '0.0'], `sequential ${sequential}`)
    }
  })

  it('goes back to pieces that are wanted again', () => {
    const rigged = rig(3, { sequential: 1 }, setOf(3, [2]))
    const peer = seed(rigged, 1)
    assert.deepEqual(picks(rigged, peer, 3), ['2.0', '2.1', undefined])
    rigged.tracker.setLevel(0, 2)
    assert.deepEqual(picks(rigged, peer, 2), ['0.0', '0.1'])
  })
})

describe('the picker in sequence', () => {
  it('begins pieces in their order, of each peer what it has, whoever else has what', () => {
    const rigged = rig(20, { sequential: 1 }, setOf(20, [0, 2, 3, 4, 9, 18]))
    const everything = seed(rigged, 1, { fast: true })
    const late = pickPeer(2, setOf(20, [9, 18]), { fast: true })
    rigged.picker.peerPieces(late.pieces)
    const begun = (peer: TestPeer, count: number) =>
      picks(rigged, peer, 2 * count)
        .filter((_, i) => i % 2 === 0)
        .map((pick) => Number.parseInt(pick ?? '-1', 10))
    assert.deepEqual(begun(everything, 2), [0, 2])
    assert.deepEqual(begun(late, 1), [9])
    assert.deepEqual(begun(everything, 3), [3, 4, 18])
    rigged.tracker.abandon(2)
    assert.deepEqual(begun(everything, 1), [2], 'one that was given up goes first again')
  })

  it('has everything in the end', () => {
    const rigged = rig(9, { sequential: 1 })
    const peer = seed(rigged, 1)
    for (let piece = 0; piece < 9; piece++) {
      assert.deepEqual(picks(rigged, peer, 2), [`${piece}.0`, `${piece}.1`])
      for (const block of [0, 1]) rigged.tracker.receive(piece, block, 1)
      rigged.tracker.verified(piece)
    }
    assert.ok(rigged.tracker.complete)
  })
})

describe('the picker at the end', () => {
  it('asks a proven peer, beside as many as are allowed, for what those owe who send nothing', () => {
    const rigged = rig(1)
    const [silent, twin] = [seed(rigged, 1), seed(rigged, 2)]
    const [stranger, proven] = [seed(rigged, 3, { proven: false }), seed(rigged, 4)]
    assert.deepEqual(picks(rigged, silent, 2), ['0.0', '0.1'])
    assert.deepEqual(picks(rigged, twin, 2), ['0.0*', '0.1*'])
    assert.deepEqual(picks(rigged, stranger, 1), [undefined])
    assert.deepEqual(picks(rigged, proven, 3), ['0.0*', '0.1*', undefined])
  })

  it('CL18 repeats a request only when no free block is left, of the slowest peer first', () => {
    const rigged = rig(2)
    const [slow, slower, quick] = [seed(rigged, 1), seed(rigged, 2), seed(rigged, 3)]
    rigged.rates.set(1, 20).set(2, 10).set(3, 100)
    const [first] = picks(rigged, slow, 1)
    const of2 = picks(rigged, slower, 3)
    assert.equal(new Set([first, ...of2]).size, 4, 'no block twice while one is free')
    assert.deepEqual(picks(rigged, quick, 4).sort(), [...of2.map((pick) => `${pick}*`), `${first}*`].sort())
    assert.deepEqual(picks(rigged, quick, 1), [undefined], 'two requesters are enough')
  })

  it('CL18 does not repeat a request of a faster peer', () => {
    const rigged = rig(1)
    const [quick, slow] = [seed(rigged, 1), seed(rigged, 2)]
    rigged.rates.set(1, 100).set(2, 10)
    picks(rigged, quick, 2)
    assert.deepEqual(picks(rigged, slow, 1), [undefined])
    rigged.rates.set(1, 0)
    assert.deepEqual(picks(rigged, slow, 1), ['0.0*'])
  })

  it('does not wait for pieces that nobody has', () => {
    const rigged = rig(2)
    const one = pickPeer(1, setOf(2, [0]))
    const two = pickPeer(2, setOf(2, [0]))
    for (const peer of [one, two]) rigged.picker.peerPieces(peer.pieces)
    picks(rigged, one, 2)
    assert.deepEqual(picks(rigged, two, 1), ['0.0*'])
  })
})

describe('the picker after a piece has failed', () => {
  it('CL13 gives it to one peer alone, rather not to one that contributed', () => {
    const rigged = rig(2)
    const [one, two, three] = [seed(rigged, 1), seed(rigged, 2), seed(rigged, 3)]
    failPiece(rigged, 0, [1, 2])
    assert.deepEqual(picks(rigged, one, 2), ['1.0', '1.1'], 'other work first')
    assert.deepEqual(picks(rigged, three, 1), ['0.0'])
    assert.ok(!picks(rigged, two, 3).some((pick) => pick?.startsWith('0.')), 'nobody else joins')
    assert.deepEqual(picks(rigged, three, 1), ['0.1'])
  })

  it('gives it to a contributor when there is nobody else', () => {
    const rigged = rig(1)
    const one = seed(rigged, 1)
    failPiece(rigged, 0, [1, 2])
    assert.deepEqual(picks(rigged, one, 2), ['0.0', '0.1'])
  })

  it('CL13 gives suspects pieces that nobody else adds to', () => {
    const rigged = rig(3)
    const [suspect, other] = [seed(rigged, 1, { suspect: true }), seed(rigged, 2)]
    const shared = rigged.picker.next(other)!.piece
    const alone = rigged.picker.next(suspect)!.piece
    assert.notEqual(alone, shared)
    assert.ok(!picks(rigged, other, 4).some((pick) => pick?.startsWith(`${alone}.`)))
  })

  it('hands the piece on when the peer that has it alone leaves or stalls', () => {
    const rigged = rig(1)
    const [one, two] = [seed(rigged, 3), seed(rigged, 4)]
    failPiece(rigged, 0, [1, 2])
    picks(rigged, one, 2)
    assert.deepEqual(picks(rigged, two, 1), [undefined])
    rigged.tracker.receive(0, 0, 3)
    rigged.tracker.release(0, 1, 3)
    assert.deepEqual(rigged.tracker.disown(3), [0])
    assert.deepEqual(picks(rigged, two, 2), ['0.0', '0.1'], 'from the beginning')
  })

  it('hands it on in a slow round when that peer merely chokes us', () => {
    const rigged = rig(1)
    const [one, two] = [seed(rigged, 3), seed(rigged, 4)]
    failPiece(rigged, 0, [1, 2])
    picks(rigged, one, 1)
    assert.equal(rigged.picker.relieve(two), -1)
    rigged.tracker.release(0, 0, 3)
    assert.equal(rigged.picker.relieve(one), -1, 'its own')
    assert.equal(rigged.picker.relieve(two), 0)
  })
})

describe('a download by tracker, picker and blame', () => {
  const parameters = fc.record({
    seed: fc.nat(),
    pieces: fc.integer({ min: 1, max: 30 }),
    blocks: fc.integer({ min: 1, max: 6 }),
    openBytes: fc.constantFrom(0, 5 * BLOCK_LENGTH, 40 * BLOCK_LENGTH),
    peers: fc.integer({ min: 1, max: 6 }),
    poisoners: fc.nat(2),
    silent: fc.nat(2),
  })

  it('ends with every piece had, whoever chokes, leaves, stalls or lies, when an honest peer has it', () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const dice = seededDice(given.seed)
        const length = given.pieces * given.blocks * BLOCK_LENGTH - below(dice, BLOCK_LENGTH)
        const geometry = new Geometry(length, given.blocks * BLOCK_LENGTH)
        const toy = new ToyDownload(geometry, dice, {}, pieceBudget(given.openBytes))
        const count = geometry.pieceCount
        const some = () => {
          const pieces = new Bitfield(count)
          for (let piece = 0; piece < count; piece++) if (below(dice, 2) === 0) pieces.add(piece)
          return pieces
        }
        toy.join('honest', fullSet(count), 1)
        for (let i = 1; i < given.peers; i++)
          toy.join('honest', some(), 1 + below(dice, 8), below(dice, 2) === 0)
        for (let i = 0; i < given.poisoners; i++) toy.join('poisoner', some(), 1 + below(dice, 8))
        for (let i = 0; i < given.silent; i++) toy.join('silent', fullSet(count), 2)
        let steps = 0
        for (; !toy.tracker.complete && steps < 6000; steps++) {
          const peer = toy.any()
          const lot = below(dice, 40)
          const faithful = peer.view.key === 1
          if (lot < 4) toy.choke(peer, !peer.choking)
          else if (lot === 4 && !faithful) toy.leave(peer)
          else if (lot === 5 && toy.peers.size < 8) toy.join('honest', some(), 1 + below(dice, 8))
          else if (lot === 6) {
            const piece = below(dice, count)
            if (peer.view.pieces.add(piece)) toy.picker.peerHave(piece)
          }
          toy.step()
        }
        assert.ok(toy.tracker.complete, `${toy.tracker.remaining} bytes are left after ${steps} steps`)
        for (const peer of toy.banned.values())
          assert.equal(peer.kind, 'poisoner', 'no honest peer is banned')
      }),
      { numRuns: 150 },
    )
  })

  it('CL8 CL13 completes from five seeders, one of which poisons and one never answers, and bans the poisoner', () => {
    for (let run = 1; run <= 20; run++) {
      const geometry = new Geometry(200 * 16 * BLOCK_LENGTH, 16 * BLOCK_LENGTH)
      const toy = new ToyDownload(geometry, seededDice(run))
      for (let i = 0; i < 3; i++) toy.join('honest', fullSet(200), 8)
      const liar = toy.join('poisoner', fullSet(200), 8)
      toy.join('silent', fullSet(200), 8)
      for (let step = 0; !toy.tracker.complete && step < 3000; step++) toy.step()
      assert.ok(toy.tracker.complete)
      assert.deepEqual([...toy.banned.keys()], [liar.view.key])
      assert.ok(toy.failures <= 4, `${toy.failures} pieces wasted`)
    }
  })

  it('CL18 wastes less than one per cent on repeated requests', () => {
    const geometry = new Geometry(300 * 16 * BLOCK_LENGTH, 16 * BLOCK_LENGTH)
    const toy = new ToyDownload(geometry, seededDice(2))
    for (let i = 0; i < 19; i++) toy.join('honest', fullSet(300), 2 + (i % 7))
    toy.join('honest', fullSet(300), 1)
    for (let step = 0; !toy.tracker.complete && step < 5000; step++) toy.step()
    assert.ok(toy.tracker.complete)
    assert.ok(toy.cancelled > 0)
    assert.ok(toy.cancelled * 100 < toy.received, `${toy.cancelled} of ${toy.received} blocks`)
  })
})
