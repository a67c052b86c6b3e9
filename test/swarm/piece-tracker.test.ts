import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import type { BlockState, PieceState } from '../../src/swarm/piece-state.ts'
import type { PeerKey } from '../../src/swarm/piece-tracker.ts'
import { PieceTracker } from '../../src/swarm/piece-tracker.ts'
import { pieceBudget, setOf } from './support.ts'

/** Three pieces of two blocks, and a last one of one short block. */
const GEOMETRY = new Geometry(6 * BLOCK_LENGTH + 5, 2 * BLOCK_LENGTH)

function tracker(): PieceTracker {
  return new PieceTracker(GEOMETRY, new Bitfield(GEOMETRY.pieceCount), pieceBudget().join())
}

function fetchPiece(pieces: PieceTracker, piece: number, ...peers: PeerKey[]): void {
  pieces.open(piece, peers[0]!, 'shared')
  peers.forEach((peer, block) => {
    pieces.request(piece, block, peer)
    pieces.receive(piece, block, peer)
  })
}

describe('the piece tracker', () => {
  it('starts from what is on disk', () => {
    const pieces = new PieceTracker(GEOMETRY, setOf(4, [1, 3]), pieceBudget().join())
    assert.deepEqual(
      [0, 1, 2, 3].map((piece) => pieces.stateOf(piece)),
      ['missing', 'have', 'missing', 'have'],
    )
    assert.equal(pieces.remaining, 4 * BLOCK_LENGTH)
    assert.equal(pieces.blockState(1, 0), 'received')
    assert.equal(pieces.blockState(0, 0), 'free')
  })

  it('leads a piece from missing to have, and names who supplied it', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    assert.equal(pieces.account.held, 2 * BLOCK_LENGTH)
    assert.ok(pieces.request(0, 0, 1))
    assert.ok(pieces.request(0, 1, 2))
    assert.equal(pieces.receive(0, 0, 1), 'new')
    assert.equal(pieces.receive(0, 1, 2), 'full')
    assert.equal(pieces.stateOf(0), 'full')
    assert.deepEqual(pieces.verified(0), [1, 2])
    assert.equal(pieces.stateOf(0), 'have')
    assert.equal(pieces.account.held, 0)
    assert.equal(pieces.remaining, 4 * BLOCK_LENGTH + 5)
  })

  it('CL3 takes the same block once', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    assert.equal(pieces.receive(0, 0, 1), 'new')
    assert.equal(pieces.receive(0, 0, 2), 'duplicate')
    pieces.receive(0, 1, 1)
    assert.equal(pieces.receive(0, 1, 2), 'duplicate')
    assert.deepEqual(pieces.verified(0), [1])
  })

  it('CL2 takes a late block that is still wanted, from whoever sends it', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    pieces.request(0, 0, 1)
    assert.ok(pieces.release(0, 0, 1))
    assert.equal(pieces.claim(0, 0, 1), 'stream')
    assert.equal(pieces.receive(0, 0, 1), 'new')
    assert.equal(pieces.receive(1, 0, 1), 'duplicate', 'not for a piece that is not open')
  })

  it('gives a released block back, once, and keeps it while another was asked too', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    pieces.request(0, 0, 1)
    pieces.request(0, 0, 2)
    assert.equal(pieces.request(0, 0, 2), false, 'asked already')
    assert.ok(pieces.release(0, 0, 1))
    assert.equal(pieces.blockState(0, 0), 'requested')
    assert.ok(pieces.release(0, 0, 2))
    assert.equal(pieces.release(0, 0, 2), false)
    assert.equal(pieces.blockState(0, 0), 'free')
  })

  it('asks at most three peers for one block', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    assert.deepEqual(
      [1, 2, 3, 4].map((peer) => pieces.request(0, 0, peer)),
      [true, true, true, false],
    )
    assert.deepEqual(pieces.requestersOf(0, 0), [1, 2, 3])
    pieces.receive(0, 0, 2)
    assert.deepEqual(pieces.requestersOf(0, 0), [1, 3], 'those to be cancelled')
  })

  it('lets one peer stream a block; what another collected wins and ends the stream', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    assert.equal(pieces.claim(0, 0, 1), 'stream')
    assert.equal(pieces.claim(0, 0, 2), 'collect')
    assert.ok(pieces.streams(0, 0, 1))
    assert.equal(pieces.receive(0, 0, 2), 'new')
    assert.equal(pieces.streams(0, 0, 1), false)
    assert.equal(pieces.claim(0, 0, 3), 'discard')
    assert.equal(pieces.claim(1, 0, 3), 'discard')
  })

  it('forgets the stream of a peer whose request is released half-way', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    pieces.request(0, 0, 1)
    pieces.claim(0, 0, 1)
    pieces.release(0, 0, 1)
    assert.equal(pieces.streams(0, 0, 1), false)
    assert.equal(pieces.claim(0, 0, 2), 'stream')
  })

  it('CL13 fetches a failed piece again from one peer alone', () => {
    const pieces = tracker()
    fetchPiece(pieces, 0, 1, 2)
    assert.deepEqual(pieces.failed(0), [1, 2])
    assert.equal(pieces.stateOf(0), 'missing')
    assert.deepEqual(pieces.suspectsOf(0), [1, 2])
    pieces.open(0, 3, 'shared')
    assert.equal(pieces.request(0, 0, 1), false)
    assert.equal(pieces.claim(0, 0, 1), 'discard')
    assert.equal(pieces.wants(0, 0, 1), false, 'it could spoil what 3 is writing')
    assert.ok(pieces.wants(0, 0, 3))
    assert.equal(pieces.receive(0, 0, 1), 'duplicate', 'also a late block from before')
    pieces.receive(0, 0, 3)
    pieces.receive(0, 1, 3)
    assert.deepEqual(pieces.verified(0), [3])
    assert.equal(pieces.suspectsOf(0), undefined)
  })

  it('abandons what a peer fetched alone when it leaves, and frees what it had reserved', () => {
    const pieces = tracker()
    pieces.open(0, 7, 'sole')
    pieces.open(1, 7, 'reserved')
    pieces.receive(0, 0, 7)
    assert.deepEqual(pieces.disown(7), [0])
    assert.equal(pieces.stateOf(0), 'missing')
    assert.equal(pieces.record(1)!.hold, 'shared')
    assert.deepEqual(pieces.disown(7), [])
  })

  it('abandons a full piece without blame when the disk failed (CL14)', () => {
    const pieces = tracker()
    fetchPiece(pieces, 0, 1, 2)
    pieces.abandon(0)
    assert.equal(pieces.stateOf(0), 'missing')
    assert.equal(pieces.suspectsOf(0), undefined)
  })

  it('ignores completions that come late or twice', () => {
    const pieces = tracker()
    assert.deepEqual(pieces.verified(0), [])
    pieces.open(0, 1, 'shared')
    assert.deepEqual(pieces.failed(0), [])
    assert.deepEqual(pieces.verified(0), [])
    assert.equal(pieces.stateOf(0), 'open')
    pieces.abandon(1)
    assert.equal(pieces.stateOf(1), 'missing')
  })

  it('V10: opens a full piece again for the blocks of it that are wrong, and names who sent them', () => {
    const pieces = tracker()
    pieces.open(0, 1, 'shared')
    pieces.request(0, 1, 2)
    pieces.request(0, 1, 3)
    pieces.receive(0, 0, 1)
    assert.equal(pieces.receive(0, 1, 2), 'full')
    assert.deepEqual(pieces.spoilt(0, [1]), [2])
    assert.deepEqual(
      [pieces.stateOf(0), pieces.blockState(0, 0), pieces.blockState(0, 1)],
      ['open', 'received', 'free'],
    )
    assert.deepEqual(pieces.requestersOf(0, 1), [])
    assert.equal(pieces.partial.length, 1)
    assert.deepEqual(pieces.spoilt(0, [1]), [], 'once')
    assert.equal(pieces.receive(0, 1, 4), 'full')
    assert.deepEqual(pieces.verified(0), [1, 4])
    assert.equal(pieces.account.held, 0)
  })

  it('CL24 counts a last piece of five bytes', () => {
    const pieces = tracker()
    pieces.open(3, 1, 'shared')
    assert.equal(pieces.account.held, 5)
    assert.equal(pieces.receive(3, 0, 1), 'full')
    pieces.verified(3)
    assert.equal(pieces.remaining, 6 * BLOCK_LENGTH)
  })
})

/** What the tracker should hold, the slow and plain way. */
class Model {
  readonly states: PieceState[] = Array.from({ length: GEOMETRY.pieceCount }, () => 'missing')
  readonly blocks: { state: BlockState; requesters: Set<number>; supplier: number }[][]

  constructor() {
    this.blocks = this.states.map(() => [])
    this.states.forEach((_, piece) => {
      this.clear(piece)
    })
  }

  clear(piece: number): void {
    this.blocks[piece] = Array.from({ length: GEOMETRY.blocksOf(piece) }, () => ({
      state: 'free',
      requesters: new Set<number>(),
      supplier: 0,
    }))
  }

  suppliers(piece: number): number[] {
    return [...new Set(this.blocks[piece]!.map((block) => block.supplier))]
  }
}

type Move = readonly [move: string, piece: number, block: number, peer: number]

describe('the piece tracker against a model', () => {
  it('has every piece and every block in exactly one state, whatever happens', () => {
    const moves = fc.array(
      fc.tuple(
        fc.constantFrom(
          'open',
          'request',
          'release',
          'receive',
          'receive',
          'verified',
          'failed',
          'spoilt',
          'abandon',
        ),
        fc.nat(GEOMETRY.pieceCount - 1),
        fc.nat(1),
        fc.integer({ min: 1, max: 4 }),
      ),
      { maxLength: 120 },
    )
    fc.assert(fc.property(moves, run), { numRuns: 300 })
  })

  function run(moves: readonly Move[]): void {
    const pieces = tracker()
    const model = new Model()
    const paroled = new Set<number>()
    const missing = new Set([0, 1, 2, 3])
    pieces.observe((piece, isMissing) => {
      assert.equal(isMissing ? missing.add(piece) && true : missing.delete(piece), true)
    })
    const holders = new Map<number, number>()
    for (const [move, piece, wanted, peer] of moves) {
      const block = Math.min(wanted, GEOMETRY.blocksOf(piece) - 1)
      const at = model.blocks[piece]![block]!
      const state = model.states[piece]!
      const mine = !holders.has(piece) || holders.get(piece) === peer
      if (move === 'open' && state === 'missing') {
        pieces.open(piece, peer, 'shared')
        model.states[piece] = 'open'
        if (paroled.has(piece)) holders.set(piece, peer)
      } else if (move === 'request') {
        const may = state === 'open' && mine && at.state !== 'received' && !at.requesters.has(peer)
        const expected = may && at.requesters.size < 3
        assert.equal(pieces.request(piece, block, peer), expected)
        if (expected) {
          at.requesters.add(peer)
          at.state = 'requested'
        }
      } else if (move === 'release') {
        const expected = (state === 'open' || state === 'full') && at.requesters.delete(peer)
        assert.equal(pieces.release(piece, block, peer), expected)
        if (at.state === 'requested' && at.requesters.size === 0) at.state = 'free'
      } else if (move === 'receive') {
        const taken = state === 'open' && mine && at.state !== 'received'
        if (taken) {
          at.requesters.delete(peer)
          at.state = 'received'
          at.supplier = peer
        }
        const whole = model.blocks[piece]!.every((each) => each.state === 'received')
        assert.equal(pieces.receive(piece, block, peer), !taken ? 'duplicate' : whole ? 'full' : 'new')
        if (taken && whole) model.states[piece] = 'full'
      } else if (move === 'verified' || move === 'failed') {
        const suppliers = state === 'full' ? model.suppliers(piece) : []
        assert.deepEqual(move === 'failed' ? pieces.failed(piece) : pieces.verified(piece), suppliers)
        if (state === 'full') {
          model.states[piece] = move === 'failed' ? 'missing' : 'have'
          if (move === 'failed') {
            model.clear(piece)
            paroled.add(piece)
            holders.delete(piece)
          }
        }
      } else if (move === 'spoilt') {
        assert.deepEqual(pieces.spoilt(piece, [block]), state === 'full' ? [at.supplier] : [])
        if (state === 'full') {
          model.states[piece] = 'open'
          model.blocks[piece]![block] = { state: 'free', requesters: new Set(), supplier: 0 }
          holders.delete(piece)
        }
      } else if (move === 'abandon') {
        pieces.abandon(piece)
        if (state === 'open' || state === 'full') {
          model.states[piece] = 'missing'
          model.clear(piece)
          holders.delete(piece)
        }
      }
      compare(pieces, model, missing)
    }
  }

  function compare(pieces: PieceTracker, model: Model, missing: ReadonlySet<number>): void {
    let bytesOpen = 0
    let remaining = 0
    const partial = new Set<number>()
    model.states.forEach((state, piece) => {
      assert.equal(pieces.stateOf(piece), state)
      assert.equal(pieces.have.has(piece), state === 'have')
      assert.equal(missing.has(piece), state === 'missing')
      if (state === 'open' || state === 'full') bytesOpen += GEOMETRY.lengthOf(piece)
      if (state !== 'have') remaining += GEOMETRY.lengthOf(piece)
      if (state === 'missing' || state === 'have') return
      model.blocks[piece]!.forEach((block, index) => {
        assert.equal(pieces.blockState(piece, index), block.state)
        assert.deepEqual(pieces.requestersOf(piece, index).toSorted(), [...block.requesters].sort())
        if (block.state === 'free') partial.add(piece)
      })
    })
    assert.equal(pieces.account.held, bytesOpen)
    assert.equal(pieces.remaining, remaining)
    assert.deepEqual(new Set(pieces.partial.map((record) => record.piece)), partial)
    pieces.partial.forEach((record, place) => {
      assert.equal(record.place, place)
    })
  }
})
