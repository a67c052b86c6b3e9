import type { PeerKey } from './piece-tracker.ts'

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
    for (const piece of advised.pieces) this.#given[piece]! -= 1
    this.#advised.delete(peer)
  }

  #of(peer: PeerKey): Advised {
    let advised = this.#advised.get(peer)
    if (advised === undefined) this.#advised.set(peer, (advised = { pieces: new Set(), at: -1 }))
    return advised
  }

  /** Of what is in nobody's hands. */
  #least(): number {
    const held = new Set<number>()
    for (const { pieces, at } of this.#advised.values()) for (const piece of [...pieces, at]) held.add(piece)
    let least = -1
    for (let piece = 0; piece < this.#given.length; piece++) {
      if (least >= 0 && this.#given[piece]! >= this.#given[least]!) continue
      if (this.#unshared(piece) && !held.has(piece)) least = piece
    }
    return least
  }
}
