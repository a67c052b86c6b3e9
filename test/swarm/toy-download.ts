import assert from 'node:assert/strict'
import { Bitfield } from '../../src/core/bitfield.ts'
import type { Geometry } from '../../src/core/geometry.ts'
import type { Rng } from '../../src/core/rng.ts'
import { below } from '../../src/core/rng.ts'
import { Blame } from '../../src/swarm/blame.ts'
import type { SwarmOptions } from '../../src/swarm/options.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Picker } from '../../src/swarm/picker.ts'
import type { PieceBudget } from '../../src/swarm/piece-budget.ts'
import type { PeerKey } from '../../src/swarm/piece-tracker.ts'
import { PieceTracker } from '../../src/swarm/piece-tracker.ts'
import { pickPeer, pieceBudget, type TestPeer } from './support.ts'

export interface ToyPeer {
  readonly view: TestPeer
  readonly kind: 'honest' | 'poisoner' | 'silent'
  /** Blocks that it sends a step. */
  readonly speed: number
  readonly depth: number
  outstanding: { piece: number; block: number }[]
  choking: boolean
  /** Steps since it sent something that it owed. */
  idle: number
}

/** Steps without an answer after which requests are taken back. */
const PATIENCE = 8
/** Steps between two looks at peers without work. */
const RELIEF = 10

/** A download without bytes or time: tracker, picker and blame, driven as a torrent drives them. */
export class ToyDownload {
  readonly tracker: PieceTracker
  readonly picker: Picker
  readonly blame: Blame = new Blame()
  readonly peers: Map<PeerKey, ToyPeer> = new Map()
  readonly banned: Map<PeerKey, ToyPeer> = new Map()
  readonly options: SwarmOptions
  readonly memory: PieceBudget
  failures = 0
  /** Requests cancelled because another peer was faster; on a network each may cost a block. */
  cancelled = 0
  received = 0
  readonly #dice: Rng
  readonly #bad = new Set<number>()
  #steps = 0
  #nextKey = 1

  constructor(geometry: Geometry, dice: Rng, options: Partial<SwarmOptions> = {}, memory = pieceBudget()) {
    this.memory = memory
    this.options = resolveSwarmOptions(options)
    this.#dice = dice
    this.tracker = new PieceTracker(geometry, new Bitfield(geometry.pieceCount), memory.join())
    this.picker = new Picker({
      tracker: this.tracker,
      dice,
      options: this.options,
      provenPeers: () => [...this.peers.values()].map(({ view }) => view),
      rateOf: (key) => {
        const peer = this.peers.get(key)
        return peer === undefined || peer.kind === 'silent' || peer.idle > PATIENCE / 2 ? 0 : peer.speed
      },
    })
  }

  join(kind: ToyPeer['kind'], pieces: Bitfield, speed: number, fast = false): ToyPeer {
    const view = pickPeer(this.#nextKey++, pieces, { fast })
    const peer: ToyPeer = { view, kind, speed, depth: 2 * speed, outstanding: [], choking: false, idle: 0 }
    this.peers.set(view.key, peer)
    this.picker.peerPieces(pieces)
    return peer
  }

  leave(peer: ToyPeer): void {
    this.releaseAll(peer)
    this.peers.delete(peer.view.key)
    this.picker.peerGone(peer.view.pieces)
    this.blame.gone(peer.view.key)
    this.#disown(peer)
  }

  choke(peer: ToyPeer, choking: boolean): void {
    peer.choking = choking
    if (choking) this.releaseAll(peer)
  }

  releaseAll(peer: ToyPeer): void {
    const owed = peer.outstanding
    peer.outstanding = []
    for (const { piece, block } of owed) this.tracker.release(piece, block, peer.view.key)
  }

  step(): void {
    this.#steps += 1
    for (const peer of [...this.peers.values()]) if (this.peers.has(peer.view.key)) this.#refill(peer)
    for (const peer of [...this.peers.values()]) if (this.peers.has(peer.view.key)) this.#serve(peer)
    if (this.#steps % RELIEF === 0) this.#relieve()
  }

  #refill(peer: ToyPeer): void {
    peer.view.suspect = this.blame.suspects(peer.view.key)
    while (!peer.choking && peer.outstanding.length < peer.depth) {
      const pick = this.picker.next(peer.view)
      if (pick === undefined) return
      assert.equal(this.tracker.blockState(pick.piece, pick.block), 'requested')
      assert.ok(peer.view.pieces.has(pick.piece), 'asked for what it has')
      assert.equal(pick.endgame, this.tracker.requestersOf(pick.piece, pick.block).length > 1)
      // Without memory for another piece, what silent peers owe is asked again before.
      if (pick.endgame && this.tracker.affords(0)) this.#assertAllAsked()
      const held = this.tracker.account.held
      assert.ok(this.tracker.openCount <= 1 || held <= this.memory.credit.limit, `${held} bytes held`)
      peer.outstanding.push(pick)
    }
  }

  #assertAllAsked(): void {
    const { geometry } = this.tracker
    for (let piece = 0; piece < geometry.pieceCount; piece++) {
      if (this.picker.availabilityOf(piece) === 0) continue
      assert.notEqual(this.tracker.stateOf(piece), 'missing', `piece ${piece} was never asked for`)
      const record = this.tracker.record(piece)
      assert.ok(record === undefined || record.free === 0 || record.hold === 'sole')
    }
  }

  #serve(peer: ToyPeer): void {
    if (peer.outstanding.length > 0) peer.idle += 1
    for (let i = 0; i < peer.speed && peer.kind !== 'silent'; i++) {
      const owed = peer.outstanding.shift()
      if (owed === undefined) break
      peer.idle = 0
      this.#arrive(peer, owed.piece, owed.block)
      if (!this.peers.has(peer.view.key)) return
    }
    if (peer.idle <= PATIENCE) return
    peer.idle = 0
    this.releaseAll(peer)
    this.#disown(peer)
  }

  #arrive(peer: ToyPeer, piece: number, block: number): void {
    const { key } = peer.view
    this.received += 1
    const outcome = this.tracker.receive(piece, block, key)
    if (outcome !== 'duplicate' && peer.kind === 'poisoner') this.#bad.add(piece)
    for (const other of this.tracker.requestersOf(piece, block)) {
      const late = this.peers.get(other)!
      late.outstanding = late.outstanding.filter((owed) => owed.piece !== piece || owed.block !== block)
      this.tracker.release(piece, block, other)
      this.cancelled += 1
    }
    if (outcome === 'full') this.#verify(piece)
  }

  #verify(piece: number): void {
    if (!this.#bad.delete(piece)) {
      this.blame.verified(this.tracker.verified(piece))
      return
    }
    this.failures += 1
    for (const key of this.blame.failed(this.tracker.failed(piece)).ban) {
      const peer = this.peers.get(key)
      if (peer === undefined) continue
      this.banned.set(key, peer)
      this.leave(peer)
    }
  }

  #disown(peer: ToyPeer): void {
    for (const piece of this.tracker.disown(peer.view.key)) this.#bad.delete(piece)
  }

  #relieve(): void {
    for (const peer of this.peers.values()) {
      if (peer.choking || peer.outstanding.length > 0) continue
      const piece = this.picker.relieve(peer.view)
      if (piece < 0) continue
      this.#bad.delete(piece)
      this.tracker.abandon(piece)
      return
    }
  }

  /** A peer by lot. */
  any(): ToyPeer {
    return [...this.peers.values()][below(this.#dice, this.peers.size)]!
  }
}
