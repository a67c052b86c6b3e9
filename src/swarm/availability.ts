import { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import { below } from '../core/rng.ts'

/** Pieces looked at, rarest first, before the set itself is searched. */
const PROBES = 256
/** Pieces found by searching the set among which the rarest is taken. */
const SAMPLE = 16

/**
 * How many peers have each piece, and the pieces on offer (those that may be opened) in buckets by that number, so that a
 * HAVE is a move between two arrays. Peers that have everything are counted once, for all pieces.
 */
export class Availability {
  /** Per piece; the peers counted in `#seeds` come on top. */
  readonly #counts: Int32Array
  #seeds = 0
  readonly #offered: Bitfield
  /** `#buckets[n]`: offered pieces whose count is n, in no order. */
  readonly #buckets: number[][] = [[]]
  readonly #places: Int32Array

  constructor(pieceCount: number) {
    this.#counts = new Int32Array(pieceCount)
    this.#places = new Int32Array(pieceCount)
    this.#offered = new Bitfield(pieceCount)
  }

  of(piece: number): number {
    return this.#counts[piece]! + this.#seeds
  }

  /** Whether there is a piece that nobody has. */
  get hasUnshared(): boolean {
    return this.#seeds === 0 && this.#counts.includes(0)
  }

  /** Whether only those have `piece` who have everything. */
  isScarce(piece: number): boolean {
    return this.#seeds > 0 && this.#counts[piece] === 0
  }

  /** Whether there is such a piece on offer. */
  get hasScarce(): boolean {
    return this.#seeds > 0 && this.#buckets[0]!.length > 0
  }

  /** Whether an offered piece is to be had from anyone. */
  get reachable(): boolean {
    return this.#offered.count > (this.#seeds > 0 ? 0 : this.#buckets[0]!.length)
  }

  addAll(pieces: Bitfield): void {
    if (pieces.full) this.#seeds += 1
    else each(pieces, (piece) => this.#move(piece, 1))
  }

  /** Takes back what `addAll` and `add` counted for one peer. */
  removeAll(pieces: Bitfield): void {
    if (pieces.full && this.#seeds > 0) {
      this.#seeds -= 1
      return
    }
    each(pieces, (piece) => this.remove(piece))
  }

  add(piece: number): void {
    this.#move(piece, 1)
  }

  remove(piece: number): void {
    if (this.#counts[piece] === 0) {
      if (this.#seeds === 0) return
      // It was counted with a peer that had everything then: count that one piece by piece.
      this.#seeds -= 1
      for (let each = 0; each < this.#counts.length; each++) this.#move(each, 1)
    }
    this.#move(piece, -1)
  }

  offer(piece: number): void {
    if (this.#offered.add(piece)) this.#put(piece)
  }

  withdraw(piece: number): void {
    if (this.#offered.remove(piece)) this.#take(piece)
  }

  /** The rarest piece on offer among `pieces`, ties by lot; -1: none. */
  rarest(pieces: Bitfield, dice: Rng): number {
    let probes = 0
    for (const bucket of this.#buckets) {
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

  /** Any piece on offer among `pieces`, by lot; -1: none. */
  any(pieces: Bitfield, dice: Rng): number {
    return this.#search(pieces, dice, 1)
  }

  /** The rarest piece on offer in a short list, ties by lot: others have the same list, and would all begin alike; -1: none. */
  rarestOf(list: Iterable<number>, pieces: Bitfield, dice: Rng): number {
    let best = -1
    let ties = 0
    for (const piece of list) {
      if (!this.#offered.has(piece) || !pieces.has(piece)) continue
      const lead = best < 0 ? 1 : this.#counts[best]! - this.#counts[piece]!
      if (lead < 0) continue
      ties = lead > 0 ? 1 : ties + 1
      if (below(dice, ties) === 0) best = piece
    }
    return best
  }

  /** The rarest of the first `sample` pieces on offer from a random one on, round the end: 8 pieces a step. */
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

  #move(piece: number, by: number): void {
    const offered = this.#offered.has(piece)
    if (offered) this.#take(piece)
    this.#counts[piece]! += by
    if (offered) this.#put(piece)
  }

  #put(piece: number): void {
    const count = this.#counts[piece]!
    while (this.#buckets.length <= count) this.#buckets.push([])
    const bucket = this.#buckets[count]!
    this.#places[piece] = bucket.length
    bucket.push(piece)
  }

  #take(piece: number): void {
    const bucket = this.#buckets[this.#counts[piece]!]!
    const last = bucket.pop()!
    if (last === piece) return
    const place = this.#places[piece]!
    bucket[place] = last
    this.#places[last] = place
  }
}

function each(pieces: Bitfield, visit: (piece: number) => void): void {
  const bytes = pieces.bytes
  for (let at = 0; at < bytes.length; at++) {
    for (let rest = bytes[at]!; rest !== 0; ) {
      const bit = Math.clz32(rest) - 24
      rest &= ~(0x80 >> bit)
      visit(8 * at + bit)
    }
  }
}
