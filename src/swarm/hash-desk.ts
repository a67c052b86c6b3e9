import type { HashRequest } from '../codec/hash-message.ts'
import type { Info } from '../codec/metainfo.ts'
import { knownNodes } from '../codec/piece-layers.ts'
import type { Bitfield } from '../core/bitfield.ts'
import { copyBytes } from '../core/bytes.ts'
import type { Geometry } from '../core/geometry.ts'
import { type Micros, NEVER, SECOND } from '../core/time.ts'
import type { HashOwner } from '../peer/peer-owner.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import { HashAsker, type WantDone } from './hash-asker.ts'
import { HashServer } from './hash-server.ts'
import { HashWant } from './hash-wants.ts'
import type { PeerSlot } from './peer-slot.ts'
import { HybridCheck, type PieceCheck, Sha1Check, TreeCheck } from './piece-check.ts'
import type { PeerKey } from './piece-tracker.ts'
import { PieceTrees } from './piece-trees.ts'
import type { PieceStore } from './torrent-effects.ts'

/** The right hashes of a wrong piece's blocks are waited for so long; then all of it is fetched again. */
const TRUTH_PATIENCE = 15 * SECOND
/** Wrong pieces that wait for these, at a time. */
const MOST_TRUTHS = 16

export interface HashDeskInit {
  readonly slots: ReadonlyMap<PeerKey, PeerSlot>
  readonly crypto: { sha1(bytes: Uint8Array): Uint8Array; sha256(bytes: Uint8Array): Uint8Array }
  /** The hashes of all pieces are known now. */
  complete(now: Micros): void
  touch(): void
}

/**
 * The hashes of pieces and blocks of a torrent of version 2 (BEP 52), both ways: what a magnet link leaves out and what tells which block of a wrong
 * piece is wrong is asked of peers; what they ask is answered. How pieces are checked follows from what is known.
 */
export class HashDesk implements HashOwner<PeerWire> {
  readonly #init: HashDeskInit
  #trees: PieceTrees | undefined
  #server: HashServer | undefined
  #from: { readonly store: PieceStore; readonly have: Bitfield } | undefined
  readonly #asker: HashAsker
  #truths = 0
  /** Files whose hashes are asked for. */
  #lacking = 0

  constructor(init: HashDeskInit) {
    this.#init = init
    this.#asker = new HashAsker(init.slots)
  }

  /** 32 bytes for each piece, once all are known and if there are any. */
  get layers(): Uint8Array | undefined {
    return this.lacking ? undefined : this.#trees?.nodes
  }

  /** Hashes of pieces are still asked for. */
  get lacking(): boolean {
    return this.#lacking > 0
  }

  /** The info dictionary is known; `layers`: 32 bytes a piece, right. What is not known is asked for. */
  known(now: Micros, { v2, pieceLength }: Info, layers: Uint8Array | undefined): void {
    if (v2 === undefined) return
    const layered = { files: v2.files, pieceLength }
    const trees = new PieceTrees(layered, copyBytes(layers ?? knownNodes(layered)), this.#init.crypto.sha256)
    this.#trees = trees
    this.#server = new HashServer(trees)
    const { missing } = trees
    this.#lacking = missing.length
    for (const file of missing) {
      this.#asker.want(now, HashWant.layer(trees, file), NEVER, (at, nodes) => {
        if (this.#trees !== trees) return
        trees.learn(file, nodes!)
        this.#lacking -= 1
        if (!this.lacking) this.#init.complete(at)
      })
    }
  }

  check({ pieces }: Info, geometry: Geometry): PieceCheck {
    const byHash = pieces && new Sha1Check(geometry, pieces, this.#init.crypto.sha1)
    if (this.#trees === undefined) return byHash!
    const byTree = new TreeCheck(geometry, this.#trees)
    return byHash === undefined ? byTree : new HybridCheck(byHash, byTree)
  }

  /** What is asked for can be read. */
  begin(store: PieceStore, have: Bitfield): void {
    this.#from = { store, have }
  }

  /** The right digests of the blocks of a piece that is wrong, as `FinisherOutcome.truth` has it. */
  truth(now: Micros, piece: number, done: WantDone): void {
    const trees = this.#trees
    if (trees === undefined || !trees.knows(piece)) done(now, undefined)
    else if (trees.widthOf(piece) === 1) done(now, trees.nodeOf(piece))
    else if (this.#truths >= MOST_TRUTHS || !this.#anyoneSpeaks) done(now, undefined)
    else {
      this.#truths += 1
      this.#asker.want(now, HashWant.leaves(trees, piece), now + TRUTH_PATIENCE, (at, nodes) => {
        this.#truths -= 1
        done(at, nodes)
      })
      this.#init.touch()
    }
  }

  requested(peer: PeerWire, now: Micros, request: HashRequest): void {
    const answer = (_at: Micros, nodes: Uint8Array | undefined): void => {
      peer.hashes?.answer(_at, request, nodes)
    }
    if (this.#server === undefined) answer(now, undefined)
    else this.#server.answer(now, request, this.#from, answer)
  }

  given(peer: PeerWire, now: Micros, request: HashRequest, nodes: Uint8Array): void {
    if (!this.#asker.given(now, request, nodes)) peer.close(now, 'swarm/false-hashes', 'strike')
    this.arrived(now)
  }

  rejected(_peer: PeerWire, now: Micros, request: HashRequest): void {
    this.#asker.rejected(request)
    this.arrived(now)
  }

  /** A peer has come, or can be asked for more. */
  arrived(now: Micros): void {
    this.#asker.pump(now)
    this.#init.touch()
  }

  tick(now: Micros): void {
    this.#asker.tick(now)
  }

  nextDeadline(): Micros {
    return this.#asker.nextDeadline()
  }

  get #anyoneSpeaks(): boolean {
    for (const { peer } of this.#init.slots.values()) if (peer.remote.v2) return true
    return false
  }
}
