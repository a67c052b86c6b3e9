import { type Address, limitNumber } from '../../core/address.ts'
import type { Micros } from '../../core/time.ts'

/** So many turns are remembered, the current one among them. */
const TURNS = 3

/**
 * Which addresses of global scope were noted in the last two turns, in a fixed piece of memory however many they are. An address
 * may be taken for one of them (with 11 bits and 400 of them at 18 %), one of them never for another.
 */
export class RecentAddresses {
  readonly #turnTime: Micros
  readonly #bits: number
  /** The marks of all turns, a bit for each value of `bits` bits, then their numbers. Nothing before the first address. */
  #marks: Int32Array | undefined
  /** The current turn, counted from the beginning of time. */
  #turn = 0

  constructor(turnTime: Micros, bits: number) {
    this.#turnTime = turnTime
    this.#bits = bits
  }

  /** How many were noted, about: who was noted in two turns counts twice. */
  count(now: Micros): number {
    this.#turnOver(now)
    let count = 0
    for (let turn = 0; turn < TURNS; turn++) count += this.#noted(turn)
    return count
  }

  add(now: Micros, address: Address): void {
    if (address.scope !== 'global') return
    this.#turnOver(now)
    const words = this.#words
    this.#marks ??= new Int32Array(TURNS * words + TURNS)
    const bit = this.#bitOf(address)
    const turn = this.#turn % TURNS
    const place = turn * words + (bit >>> 5)
    const mask = 1 << (bit & 31)
    if ((this.#marks[place]! & mask) !== 0) return
    this.#marks[place]! |= mask
    this.#marks[TURNS * words + turn]! += 1
  }

  /** Whether `address` may have been noted. */
  has(now: Micros, address: Address): boolean {
    this.#turnOver(now)
    if (this.#marks === undefined) return false
    const bit = this.#bitOf(address)
    for (let turn = 0; turn < TURNS; turn++)
      if ((this.#marks[turn * this.#words + (bit >>> 5)]! & (1 << (bit & 31))) !== 0) return true
    return false
  }

  /** So many addresses were noted in one turn that `has` tells little. */
  isCrowded(now: Micros): boolean {
    this.#turnOver(now)
    const crowd = 1 << (this.#bits - 1)
    for (let turn = 0; turn < TURNS; turn++) if (this.#noted(turn) > crowd) return true
    return false
  }

  get #words(): number {
    return (1 << this.#bits) >>> 5
  }

  #noted(turn: number): number {
    return this.#marks?.[TURNS * this.#words + turn] ?? 0
  }

  #bitOf(address: Address): number {
    return Math.imul(limitNumber(address), 0x9e3779b1) >>> (32 - this.#bits)
  }

  #turnOver(now: Micros): void {
    const turn = Math.floor(now / this.#turnTime)
    for (let due = Math.min(turn - this.#turn, TURNS); due > 0; due--) {
      this.#turn = turn - due + 1
      if (this.#marks === undefined) continue
      const place = this.#turn % TURNS
      this.#marks.fill(0, place * this.#words, (place + 1) * this.#words)
      this.#marks[TURNS * this.#words + place] = 0
    }
  }
}
