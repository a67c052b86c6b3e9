import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import type { Padding, PadSource } from './padding.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { PieceStore } from './torrent-effects.ts'

/** How often a piece with padding may fail that came from one peer alone, until the torrent is held to be wrong. */
const MOST_FAILURES = 3

const ZEROS = new Uint8Array(BLOCK_LENGTH)
const NOBODY: readonly PeerKey[] = []

/**
 * Fills in the padding of pieces, and judges those that are wrong for it: where a torrent pads with what are no zeros, its hash fits
 * nothing that an honest peer sends (BEP 47 warns of it), so nobody is blamed for such a piece until it has come right from another.
 */
export class Padder implements PadSource {
  readonly #padding: Padding
  readonly #geometry: Geometry
  readonly #store: PieceStore
  readonly #filled: (piece: number, block: number) => void
  /** Who has each supplied a piece alone that was wrong; pieces that are being fetched again, so few. */
  readonly #failures = new Map<number, PeerKey[]>()

  /** `filled` is told of blocks that are padding alone. */
  constructor(
    padding: Padding,
    geometry: Geometry,
    store: PieceStore,
    filled: (piece: number, block: number) => void,
  ) {
    this.#padding = padding
    this.#geometry = geometry
    this.#store = store
    this.#filled = filled
  }

  isWhole(piece: number): boolean {
    return this.#padding.whole.has(piece)
  }

  blocksOf(piece: number): readonly number[] {
    return this.#padding.blocksOf(piece)
  }

  contentOf(piece: number): number {
    return this.#padding.contentOf(piece)
  }

  fill(piece: number, block: number): void {
    this.end(piece, block)
    this.#filled(piece, block)
  }

  /** What a block has before the padding at its end is here. */
  end(piece: number, block: number): void {
    const from = this.#padding.lengthOf(piece, block)
    const length = this.#geometry.blockLength(piece, block)
    if (from < length) this.#store.write(piece, block * BLOCK_LENGTH + from, ZEROS.subarray(from, length))
  }

  /**
   * A piece was wrong. `undefined`: it has no padding, or several peers have supplied it. Else whether the torrent contradicts itself as far
   * as can be told: three times it came wrong from one peer alone, or there is nothing but padding in it.
   */
  failed(piece: number, suppliers: readonly PeerKey[]): boolean | undefined {
    if (suppliers.length > 1 || !this.#padding.touches(piece)) return undefined
    const failures = this.#failures.get(piece) ?? []
    failures.push(...suppliers)
    this.#failures.set(piece, failures)
    return suppliers.length === 0 || failures.length >= MOST_FAILURES
  }

  /** A piece is right: who has supplied it wrong. */
  verified(piece: number): readonly PeerKey[] {
    const guilty = this.#failures.get(piece) ?? NOBODY
    this.#failures.delete(piece)
    return guilty
  }
}
