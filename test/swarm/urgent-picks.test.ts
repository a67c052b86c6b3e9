import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Picker } from '../../src/swarm/picker.ts'
import { PieceTracker } from '../../src/swarm/piece-tracker.ts'
import { UrgentPieces } from '../../src/swarm/urgent-pieces.ts'
import { fullSet, pickPeer, pieceBudget, seededDice, setOf, type TestPeer } from './support.ts'

const BLOCKS = 4
const PIECE = BLOCKS * BLOCK_LENGTH

/** Pieces of four blocks, and peers by their rate. */
class Rig {
  readonly tracker: PieceTracker
  readonly urgent: UrgentPieces
  readonly picker: Picker
  readonly #rates = new Map<TestPeer, number>()

  constructor(pieceCount: number, ahead: number, memory?: number) {
    const geometry = new Geometry(PIECE * pieceCount, PIECE)
    this.tracker = new PieceTracker(geometry, new Bitfield(pieceCount), pieceBudget(memory).join())
    this.urgent = new UrgentPieces(this.tracker, ahead * PIECE)
    this.picker = new Picker({
      tracker: this.tracker,
      dice: seededDice(1),
      options: resolveSwarmOptions(),
      urgent: this.urgent,
      rateOf: (key) => [...this.#rates].find(([peer]) => peer.key === key)?.[1] ?? 0,
      provenPeers: () => [...this.#rates.keys()],
    })
  }

  peer(rate: number, pieces = fullSet(this.tracker.have.length)): TestPeer {
    const peer = pickPeer(this.#rates.size + 1, pieces)
    this.#rates.set(peer, rate)
    this.picker.peerPieces(pieces)
    return peer
  }

  picks(peer: TestPeer, count: number): (string | undefined)[] {
    return Array.from({ length: count }, () => {
      const pick = this.picker.next(peer)
      return pick && `${pick.piece}.${pick.block}${pick.endgame ? '*' : ''}`
    })
  }

  arrive(piece: number, peer: TestPeer): void {
    for (let block = 0; block < BLOCKS; block++) {
      if (this.tracker.blockState(piece, block) === 'free') this.tracker.request(piece, block, peer.key)
      this.tracker.receive(piece, block, peer.key)
    }
    this.tracker.verified(piece)
    this.urgent.gained(piece)
  }
}

describe('urgent pieces', () => {
  it('are those ahead of each reader, as far as it reads, in turn, without what is had', () => {
    const { tracker, urgent } = new Rig(20, 4)
    urgent.read(1, 3, 19)
    assert.deepEqual(urgent.list, [3, 4, 5, 6])
    urgent.read(2, 10, 10)
    assert.deepEqual(urgent.list, [3, 10, 4], 'half of the way each')
    urgent.leave(2)
    tracker.open(4, 1, 'shared')
    for (let block = 0; block < BLOCKS; block++) tracker.receive(4, block, 1)
    tracker.verified(4)
    urgent.gained(4)
    assert.deepEqual(urgent.list, [3, 5, 6])
    urgent.read(1, 17, 19)
    assert.deepEqual(urgent.list, [17, 18, 19])
  })

  it('are wanted for as long as a reader will come to them', () => {
    const { tracker, urgent } = new Rig(6, 2)
    for (let piece = 0; piece < 6; piece++) tracker.setLevel(piece, 0)
    urgent.read(1, 1, 4)
    urgent.read(2, 4, 5)
    assert.equal(tracker.wanted.count, 5)
    urgent.read(1, 3, 4)
    urgent.leave(2)
    assert.deepEqual([tracker.wanted.count, tracker.lacks(3), tracker.lacks(4)], [2, true, true])
    urgent.leave(1)
    assert.deepEqual([tracker.wanted.count, tracker.complete], [0, true])
  })
})

describe('what is asked for of urgent pieces', () => {
  it('is taken in its order by who is fast; by who is slow from its end', () => {
    const rig = new Rig(20, 3)
    const [fast, slow] = [rig.peer(100), rig.peer(10)]
    rig.urgent.read(1, 5, 19)
    assert.deepEqual(rig.picks(slow, 1), ['7.0'])
    assert.deepEqual(rig.picks(fast, 6), ['5.0', '5.1', '5.2', '5.3', '6.0', '6.1'])
    assert.deepEqual(rig.picks(slow, 1), ['7.1'])
  })

  it('RS3: has memory for the piece that each reader waits for, and for the others as far as there is any', () => {
    const rig = new Rig(20, 8, 2 * PIECE)
    const peer = rig.peer(100)
    for (const other of [11, 12]) rig.tracker.open(other, 9, 'shared')
    rig.urgent.read(1, 5, 10)
    rig.urgent.read(2, 15, 19)
    assert.deepEqual(
      [...new Set(rig.picks(peer, 12).map((pick) => pick?.split('.')[0]))],
      ['5', '15', '11'],
      'what was begun goes on',
    )
    for (const other of [11, 12]) rig.tracker.abandon(other)
    rig.arrive(5, peer)
    assert.deepEqual(rig.picks(peer, 5), ['6.0', '6.1', '6.2', '6.3', undefined])
    rig.arrive(15, peer)
    rig.arrive(6, peer)
    assert.equal(rig.tracker.account.held, 0)
  })

  it('is shared by those that are fast, but the first goes to whoever comes', () => {
    const rig = new Rig(20, 3)
    const [one, two] = [rig.peer(100), rig.peer(60)]
    rig.urgent.read(1, 5, 7)
    assert.deepEqual(rig.picks(one, 7), ['5.0', '5.1', '5.2', '5.3', '6.0', '6.2', '7.0'])
    assert.deepEqual(rig.picks(two, 4), ['6.1', '6.3', '7.1', '7.3'])
    assert.deepEqual(rig.picks(two, 1), ['7.2'], 'what is left, when there is nothing else')
  })

  it('is asked again of who is fast when who is slow owes it', () => {
    const rig = new Rig(20, 2)
    const slow = rig.peer(10)
    rig.urgent.read(1, 5, 6)
    assert.deepEqual(rig.picks(slow, 2), ['5.0', '5.1'], 'nobody is faster')
    const fast = rig.peer(100)
    for (let i = 0; i < 32; i++) rig.picker.next(pickPeer(9, setOf(20, [])))
    assert.deepEqual(rig.picks(fast, 4), ['5.2', '5.3', '5.0*', '5.1*'])
  })

  it('is taken by who is slow where nobody fast has it, and by nobody whose blocks may be wrong', () => {
    const rig = new Rig(20, 3)
    rig.peer(100, setOf(20, [6, 7]))
    const slow = rig.peer(10)
    rig.urgent.read(1, 5, 7)
    assert.deepEqual(rig.picks(slow, 1), ['5.0'])
    const suspect = { ...rig.peer(100), suspect: true }
    assert.notEqual(rig.picker.next(suspect)?.piece, 5)
  })

  it('that has failed is taken by one that did not contribute, alone', () => {
    const rig = new Rig(20, 3)
    const [liar, other] = [rig.peer(100), rig.peer(100)]
    rig.urgent.read(1, 5, 5)
    assert.deepEqual(rig.picks(liar, 4), ['5.0', '5.1', '5.2', '5.3'])
    for (let block = 0; block < BLOCKS; block++) rig.tracker.receive(5, block, liar.key)
    rig.tracker.failed(5)
    assert.notEqual(rig.picker.next(liar)?.piece, 5)
    assert.deepEqual(rig.picks(other, 1), ['5.0'])
    assert.equal(rig.tracker.record(5)!.hold, 'sole')
  })
})
