import type { Bitfield } from '../core/bitfield.ts'
import type { PeerKey } from './piece-tracker.ts'

/** Pieces looked at for one suggestion. */
const PROBES = 4096
/** Pieces that a peer has had of us and nobody else has got: as many are on their way in a crowd that passes on what it gets. */
const ENTRUSTED = 4

interface Advised {
  /** Suggested and not begun yet. */
  readonly pieces: Set<number>
  /** What it was last served of; -1: nothing. */
  at: number
  /** Blocks of that which it was served. */
  blocks: number
}

/** Pieces that a peer was the first to get whole, the last few. */
type Trust = number[]

export interface SpreadInit {
  readonly pieceCount: number
  /** In a piece. */
  readonly blocks: number
  /** Most pieces suggested to a peer at a time, 0 for none. */
  readonly most: number
  /** Peers that have a piece. */
  readonly availabilityOf: (piece: number) => number
}

/**
 * What the only source of pieces suggests to whom, so that no two fetch the same from it while there is anything that nobody has:
 * of what is in nobody's hands the rarest, and of what nobody has, what was given least. What is not taken before the peer is choked
 * goes to others, and so does what it has a part of: no one can pass that on. Nor does who keeps to itself what it got: while nobody
 * else has any of that, it is advised what others have.
 */
export class Spread {
  /** To how many peers each piece was suggested or given, unless in part. */
  readonly #given: Uint32Array
  readonly #init: SpreadInit
  readonly #advised = new Map<PeerKey, Advised>()
  /** Outlasts its turns. */
  readonly #trusts = new Map<PeerKey, Trust>()
  /** Where the search goes on, and how often was given what it found last. */
  #next = 0
  #level = 0

  constructor(init: SpreadInit) {
    this.#init = init
    this.#given = new Uint32Array(init.pieceCount)
  }

  /**
   * What to suggest now to an unchoked peer that has `had` and asks for `ahead` blocks beyond those that it is served of: less would
   * leave it to its own choice, more would only keep pieces from others. `trusting`: though it has passed
   * on nothing of what it got.
   */
  next(peer: PeerKey, had: Bitfield, ahead: number, trusting = false): number[] {
    const { pieces } = this.#of(peer)
    const { blocks, most } = this.#init
    const wanted = Math.min(Math.ceil(ahead / blocks), most)
    const fewest = trusting || this.#passesOn(peer) ? 0 : 1
    for (const piece of pieces) if (had.has(piece)) pieces.delete(piece)
    const chosen: number[] = []
    while (pieces.size < wanted) {
      const piece = this.#least(had, fewest)
      if (piece < 0) break
      pieces.add(piece)
      this.#given[piece]! += 1
      chosen.push(piece)
    }
    return chosen
  }

  /** A block of `piece` goes to a peer; whether that begins another piece. */
  taken(peer: PeerKey, piece: number): boolean {
    const advised = this.#of(peer)
    const begins = advised.at !== piece
    if (begins) {
      this.#leave(advised)
      advised.at = piece
      advised.blocks = 0
      // What it takes of its own choice is given as well.
      if (!advised.pieces.delete(piece)) this.#given[piece]! += 1
    }
    advised.blocks += 1
    if (advised.blocks === this.#init.blocks && this.#init.availabilityOf(piece) === 0)
      this.#entrust(peer, piece)
    return begins
  }

  /** It is choked, or gone: what it has not got whole is not given. */
  release(peer: PeerKey): void {
    const advised = this.#advised.get(peer)
    if (advised === undefined) return
    this.#leave(advised)
    for (const piece of advised.pieces) this.#takeBack(piece)
    this.#advised.delete(peer)
  }

  /** It has left: what it was given is still given. */
  forget(peer: PeerKey): void {
    this.release(peer)
    this.#trusts.delete(peer)
  }

  #entrust(peer: PeerKey, piece: number): void {
    const trust = this.#trusts.get(peer) ?? []
    trust.push(piece)
    if (trust.length > ENTRUSTED) trust.shift()
    this.#trusts.set(peer, trust)
  }

  /** Whether others have got any of what it was the first to get; it is given some before that is asked. */
  #passesOn(peer: PeerKey): boolean {
    const trust = this.#trusts.get(peer)
    if (trust === undefined || trust.length < ENTRUSTED) return true
    return trust.some((piece) => this.#init.availabilityOf(piece) > 1)
  }

  #leave({ at, blocks }: Advised): void {
    if (at >= 0 && blocks < this.#init.blocks) this.#takeBack(at)
  }

  #takeBack(piece: number): void {
    this.#given[piece]! -= 1
    this.#level = Math.min(this.#level, this.#given[piece]!)
  }

  #of(peer: PeerKey): Advised {
    let advised = this.#advised.get(peer)
    if (advised === undefined) this.#advised.set(peer, (advised = { pieces: new Set(), at: -1, blocks: 0 }))
    return advised
  }

  /** Of what is in nobody's hands; the search goes on where the last one ended, and stops at what is given as little as that was. */
  #least(had: Bitfield, lowest: number): number {
    const held = new Set<number>()
    for (const { pieces, at } of this.#advised.values()) for (const piece of [...pieces, at]) held.add(piece)
    const { availabilityOf, pieceCount } = this.#init
    const most = Math.min(pieceCount, PROBES)
    let least = -1
    let fewest = Number.POSITIVE_INFINITY
    for (let looked = 0; looked < most; looked++) {
      const piece = (this.#next + looked) % pieceCount
      const holders = availabilityOf(piece)
      if (holders < lowest || holders > fewest || had.has(piece) || held.has(piece)) continue
      if (holders === fewest && this.#given[piece]! >= this.#given[least]!) continue
      least = piece
      fewest = holders
      if (holders === 0 && this.#given[piece]! <= this.#level) break
    }
    this.#next = (least < 0 ? this.#next + most : least + 1) % pieceCount
    if (least >= 0 && fewest === 0) this.#level = this.#given[least]!
    return least
  }
}
