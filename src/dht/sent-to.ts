import { type Address, limitNumber } from '../core/address.ts'
import { MINUTE, type Micros } from '../core/time.ts'

/** Marks of one turn: a bit for each value of so many bits. */
const BITS = 12
const WORDS = (1 << BITS) >>> 5
/** With more marks than this in one turn too many addresses look like others. */
const CROWDED = (1 << BITS) >>> 1
/** Turns last so long, and three are remembered: ten minutes at least, fifteen at most. */
const TURN: Micros = 5 * MINUTE
const TURNS = 3

/**
 * To which addresses of global scope a node has sent anything in the last ten minutes, in 1.5 KiB however many they are. An
 * address may be taken for one of them (with 400 of them by 10 %), one of them never for another.
 */
export class SentTo {
  /** Nothing before the first address. */
  #marks: Int32Array | undefined
  readonly #counts = new Int32Array(TURNS)
  /** Of the current turn, counted from the beginning of time. */
  #turn = 0

  add(now: Micros, address: Address): void {
    if (address.scope !== 'global') return
    this.#turnOver(now)
    this.#marks ??= new Int32Array(TURNS * WORDS)
    const bit = bitOf(address)
    const place = (this.#turn % TURNS) * WORDS + (bit >>> 5)
    const mask = 1 << (bit & 31)
    if ((this.#marks[place]! & mask) !== 0) return
    this.#marks[place]! |= mask
    this.#counts[this.#turn % TURNS]! += 1
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
    return this.#counts.some((count) => count > CROWDED)
  }

  #turnOver(now: Micros): void {
    const turn = Math.floor(now / TURN)
    for (let due = Math.min(turn - this.#turn, TURNS); due > 0; due--) {
      this.#turn = turn - due + 1
      const place = this.#turn % TURNS
      this.#marks?.fill(0, place * WORDS, (place + 1) * WORDS)
      this.#counts[place] = 0
    }
  }
}

function bitOf(address: Address): number {
  return Math.imul(limitNumber(address), 0x9e3779b1) >>> (32 - BITS)
}
