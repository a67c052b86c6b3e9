import type { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import { below } from '../core/rng.ts'
import { type Level, NORMAL } from './level.ts'
import { Offers } from './offers.ts'

/**
 * How many peers have each piece, and the pieces on offer (those that may be opened) by level and by that number, so that a
 * HAVE is a move between two arrays. Peers that have everything are counted once, for all pieces.
 */
export class Availability {
  /** Per piece; the peers counted in `#seeds` come on top. */
  readonly #counts: Int32Array
  #seeds = 0
  /** The level at which a piece is on offer; 0: it is not. */
  readonly #offered: Uint8Array
  /** Highest level first; levels that never had a piece are absent. */
  readonly #levels: { readonly level: Level; readonly offers: Offers }[]

  constructor(pieceCount: number) {
    this.#counts = new Int32Array(pieceCount)
    this.#offered = new Uint8Array(pieceCount)
    this.#levels = [{ level: NORMAL, offers: new Offers(this.#counts) }]
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

  /** Whether there is such a piece among those of the highest level on offer. */
  get hasScarce(): boolean {
    if (this.#seeds === 0) return false
    for (const { offers } of this.#levels) if (offers.count > 0) return offers.uncounted > 0
    return false
  }

  /** Whether an offered piece is to be had from anyone. */
  get reachable(): boolean {
    return this.#levels.some(({ offers }) => offers.count > (this.#seeds > 0 ? 0 : offers.uncounted))
  }

  /** Whether pieces of several levels have been on offer. */
  get levelled(): boolean {
    return this.#levels.length > 1
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

  /** At this level, also when it was on offer at another. */
  offer(piece: number, level: Level): void {
    if (this.#offered[piece] === level) return
    this.withdraw(piece)
    this.#offered[piece] = level
    this.#at(level).put(piece)
  }

  withdraw(piece: number): void {
    this.#offersOf(piece)?.take(piece)
    this.#offered[piece] = 0
  }

  /** The rarest piece on offer among `pieces`, of the highest level that has one, ties by lot; -1: none. */
  rarest(pieces: Bitfield, dice: Rng): number {
    return this.#first((offers) => offers.rarest(pieces, dice))
  }

  /** The same for a peer that has everything, of what others have too where there is any. */
  rarestShared(pieces: Bitfield, dice: Rng): number {
    const shared = this.#first((offers) => offers.rarest(pieces, dice, 1))
    return shared >= 0 ? shared : this.rarest(pieces, dice)
  }

  /** Any piece on offer among `pieces`, of the highest level that has one, by lot; -1: none. */
  any(pieces: Bitfield, dice: Rng): number {
    return this.#first((offers) => offers.any(pieces, dice))
  }

  /** As `rarest`, in a short list: others have the same list, and would all begin alike but for the lot; -1: none. */
  rarestOf(list: Iterable<number>, pieces: Bitfield, dice: Rng): number {
    let best = -1
    let ties = 0
    for (const piece of list) {
      if (this.#offered[piece] === 0 || !pieces.has(piece)) continue
      const lead = best < 0 ? 1 : this.#lead(piece, best)
      if (lead < 0) continue
      ties = lead > 0 ? 1 : ties + 1
      if (below(dice, ties) === 0) best = piece
    }
    return best
  }

  /** The first in a list that is on offer at the highest level; -1: none. */
  firstOf(list: readonly number[]): number {
    const highest = this.#levels.find(({ offers }) => offers.count > 0)?.level
    return list.find((piece) => highest !== undefined && this.#offered[piece] === highest) ?? -1
  }

  /** Above 0: `piece` comes before `other`. */
  #lead(piece: number, other: number): number {
    const higher = this.#offered[piece]! - this.#offered[other]!
    return higher !== 0 ? higher : this.#counts[other]! - this.#counts[piece]!
  }

  #first(find: (offers: Offers) => number): number {
    for (const { offers } of this.#levels) {
      const piece = find(offers)
      if (piece >= 0) return piece
    }
    return -1
  }

  #move(piece: number, by: number): void {
    const offers = this.#offersOf(piece)
    offers?.take(piece)
    this.#counts[piece]! += by
    offers?.put(piece)
  }

  #offersOf(piece: number): Offers | undefined {
    const level = this.#offered[piece]!
    return level === 0 ? undefined : this.#at(level as Level)
  }

  #at(level: Level): Offers {
    for (const one of this.#levels) if (one.level === level) return one.offers
    const offers = new Offers(this.#counts)
    this.#levels.push({ level, offers })
    this.#levels.sort((a, b) => b.level - a.level)
    return offers
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
