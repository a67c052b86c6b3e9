import { type Address, limitNumber } from '../../core/address.ts'
import { MINUTE, type Micros } from '../../core/time.ts'

/** Marks of one turn: a bit for each value of so many bits. */
const BITS = 11
const WORDS = (1 << BITS) >>> 5
/** With more marks than this in one turn too many addresses look like others. */
const CROWDED = (1 << BITS) >>> 1
/** Turns last so long, and three are remembered: ten minutes at least, fifteen at most. */
const TURN: Micros = 5 * MINUTE
const TURNS = 3
/** The number of marks of each turn stands behind all of them. */
const COUNTS = TURNS * WORDS

/**
 * To which addresses of global scope a node has sent anything in the last ten minutes, in 780 bytes however many they are. An
 * address may be taken for one of them (with 400 of them at 18 %), one of them never for another.
 */
export class SentTo {
  /** Nothing before the first address. */
  #marks: Int32Array | undefined
  /** Of the current turn, counted from the beginning of time. */
  #turn = 0

  add(now: Micros, address: Address): void {
    if (address.scope !== 'global') return
    this.#turnOver(now)
    this.#marks ??= new Int32Array(COUNTS + TURNS)
    const bit = bitOf(address)
    const place = (this.#turn % TURNS) * WORDS + (bit >>> 5)
    const mask = 1 << (bit & 31)
    if ((this.#marks[place]! & mask) !== 0) return
    this.#marks[place]! |= mask
    this.#marks[COUNTS + (this.#turn % TURNS)]! += 1
  }

  /** Whether something may have been sent to `address`. */
  has(now: Micros, address: Address): boolean {
    this.#turnOver(now)
    if (this.#marks === undefined) return false
    const bit = bitOf(address)
    for (let turn = 0; turn < TURNS; turn++)
      if ((this.#marks[turn * WORDS + (bit >>> 5)]! & (1 << (bit & 31))) !== 0) return true
    return false
  }

  /** So many addresses were sent to that `has` tells little. */
  isCrowded(now: Micros): boolean {
    this.#turnOver(now)
    for (let turn = 0; turn < TURNS; turn++) if ((this.#marks?.[COUNTS + turn] ?? 0) > CROWDED) return true
    return false
  }

  #turnOver(now: Micros): void {
    const turn = Math.floor(now / TURN)
    for (let due = Math.min(turn - this.#turn, TURNS); due > 0; due--) {
      this.#turn = turn - due + 1
      if (this.#marks === undefined) continue
      const place = this.#turn % TURNS
      this.#marks.fill(0, place * WORDS, (place + 1) * WORDS)
      this.#marks[COUNTS + place] = 0
    }
  }
}

function bitOf(address: Address): number {
  return Math.imul(limitNumber(address), 0x9e3779b1) >>> (32 - BITS)
}
