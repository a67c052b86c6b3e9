import type { PeerKey } from './piece-tracker.ts'

/** Pieces looked at for one suggestion. */
const PROBES = 4096

interface Advised {
  /** Suggested and not begun yet. */
  readonly pieces: Set<number>
  /** What it was last served of; -1: nothing. */
  at: number
}

/**
 * What the only source of pieces suggests to whom, so that no two fetch the same from it while there is anything that nobody has:
 * of what nobody has, what was given least. What is not taken before the peer is choked goes to others.
 */
export class Spread {
  /** How many peers each piece was suggested to or begun by. */
  readonly #given: Uint32Array
  readonly #ahead: number
  readonly #unshared: (piece: number) => boolean
  readonly #advised = new Map<PeerKey, Advised>()
  /** Where the search goes on, and how often was given what it found last. */
  #next = 0
  #level = 0

  /** `ahead`: pieces suggested to a peer at a time. `unshared`: whether no peer has a piece. */
  constructor(pieceCount: number, ahead: number, unshared: (piece: number) => boolean) {
    this.#given = new Uint32Array(pieceCount)
    this.#ahead = ahead
    this.#unshared = unshared
  }

  /** What to suggest to an unchoked peer now. */
  next(peer: PeerKey): number[] {
    const { pieces } = this.#of(peer)
    for (const piece of pieces) if (!this.#unshared(piece)) pieces.delete(piece)
    const chosen: number[] = []
    while (pieces.size < this.#ahead) {
      const piece = this.#least()
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
    if (advised.at === piece) return false
    advised.at = piece
    // What it takes of its own choice is given as well.
    if (!advised.pieces.delete(piece)) this.#given[piece]! += 1
    return true
  }

  /** It is choked, or gone: what it has not begun is not given. */
  release(peer: PeerKey): void {
    const advised = this.#advised.get(peer)
    if (advised === undefined) return
    for (const piece of advised.pieces) {
      this.#given[piece]! -= 1
      this.#level = Math.min(this.#level, this.#given[piece]!)
    }
    this.#advised.delete(peer)
  }

  #of(peer: PeerKey): Advised {
    let advised = this.#advised.get(peer)
    if (advised === undefined) this.#advised.set(peer, (advised = { pieces: new Set(), at: -1 }))
    return advised
  }

  /** Of what is in nobody's hands; the search goes on where the last one ended, and stops at what is given as little as that was. */
  #least(): number {
    const held = new Set<number>()
    for (const { pieces, at } of this.#advised.values()) for (const piece of [...pieces, at]) held.add(piece)
    const count = this.#given.length
    const most = Math.min(count, PROBES)
    let least = -1
    for (let looked = 0; looked < most; looked++) {
      const piece = (this.#next + looked) % count
      if (least >= 0 && this.#given[piece]! >= this.#given[least]!) continue
      if (!this.#unshared(piece) || held.has(piece)) continue
      least = piece
      if (this.#given[piece]! <= this.#level) break
    }
    this.#next = (least < 0 ? this.#next + most : least + 1) % count
    if (least >= 0) this.#level = this.#given[least]!
    return least
  }
}
