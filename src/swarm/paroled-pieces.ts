import type { PeerKey } from './open-piece.ts'

/** Failed pieces whose contributors are remembered; beyond, a failed piece is fetched like any other. */
const MOST = 4096

/** Pieces that failed and are not had yet, with who contributed to them. */
export class ParoledPieces {
  readonly #contributors = new Map<number, readonly PeerKey[]>()

  of(piece: number): readonly PeerKey[] | undefined {
    return this.#contributors.get(piece)
  }

  has(piece: number): boolean {
    return this.#contributors.has(piece)
  }

  keys(): IterableIterator<number> {
    return this.#contributors.keys()
  }

  add(piece: number, contributors: readonly PeerKey[]): void {
    if (this.#contributors.size < MOST) this.#contributors.set(piece, contributors)
  }

  delete(piece: number): void {
    this.#contributors.delete(piece)
  }
}
