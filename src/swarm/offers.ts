import { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import { below } from '../core/rng.ts'

/** Pieces looked at, rarest first, before the set itself is searched. */
const PROBES = 256
/** Pieces found by searching the set among which the rarest is taken. */
const SAMPLE = 16

/** The pieces of one level that may be opened, in buckets by the number of peers that have them. */
export class Offers {
  /** Per piece, kept by the owner, who takes a piece out before its count changes. */
  readonly #counts: Int32Array
  readonly #offered: Bitfield
  /** `#buckets[n]`: offered pieces whose count is n, in no order. */
  readonly #buckets: number[][] = [[]]
  readonly #places: Int32Array

  constructor(counts: Int32Array) {
    this.#counts = counts
    this.#places = new Int32Array(counts.length)
    this.#offered = new Bitfield(counts.length)
  }

  get count(): number {
    return this.#offered.count
  }

  /** Those whose count is 0. */
  get uncounted(): number {
    return this.#buckets[0]!.length
  }

  put(piece: number): void {
    this.#offered.add(piece)
    const count = this.#counts[piece]!
    while (this.#buckets.length <= count) this.#buckets.push([])
    const bucket = this.#buckets[count]!
    this.#places[piece] = bucket.length
    bucket.push(piece)
  }

  take(piece: number): void {
    this.#offered.remove(piece)
    const bucket = this.#buckets[this.#counts[piece]!]!
    const last = bucket.pop()!
    if (last === piece) return
    const place = this.#places[piece]!
    bucket[place] = last
    this.#places[last] = place
  }

  /** The rarest among `pieces`, ties by lot; -1: none. `fewest`: of what has that count or more, as far as that is found soon. */
  rarest(pieces: Bitfield, dice: Rng, fewest = 0): number {
    let probes = 0
    for (let count = fewest; count < this.#buckets.length; count++) {
      const bucket = this.#buckets[count]!
      if (bucket.length === 0) continue
      const start = below(dice, bucket.length)
      for (let i = 0; i < bucket.length; i++) {
        const piece = bucket[(start + i) % bucket.length]!
        if (pieces.has(piece)) return piece
        if (++probes === PROBES) return this.#search(pieces, dice, SAMPLE)
      }
    }
    return -1
  }

  /** Any among `pieces`, by lot; -1: none. */
  any(pieces: Bitfield, dice: Rng): number {
    return this.#search(pieces, dice, 1)
  }

  /** The rarest of the first `sample` from a random one on, round the end: 8 pieces a step. */
  #search(pieces: Bitfield, dice: Rng, sample: number): number {
    const length = this.#offered.bytes.length
    const start = below(dice, pieces.length)
    let mask = 0xff >> (start & 7)
    let best = -1
    let found = 0
    // The first byte is looked at twice: its end first, all of it last.
    for (let i = 0; i <= length && found < sample; i++) {
      const at = ((start >> 3) + i) % length
      let common = this.#offered.bytes[at]! & pieces.bytes[at]! & mask
      mask = 0xff
      for (; common !== 0 && found < sample; found++) {
        const bit = Math.clz32(common) - 24
        common &= ~(0x80 >> bit)
        const piece = 8 * at + bit
        if (best < 0 || this.#counts[piece]! < this.#counts[best]!) best = piece
      }
    }
    return best
  }
}
