import type { Micros } from '../../src/core/time.ts'

/**
 * A running fingerprint of events in their order: 64 bits in two lanes. Each event becomes two sums of products, which a
 * processor works out side by side, and only those are chained, so that an event costs a few nanoseconds. It notices
 * accidents; it does not stand up to anyone who tries.
 */
export class Fingerprint {
  /** The words of the event that was added last. */
  word: number = 0
  otherWord: number = 0
  #lane = 0x2545f491
  #otherLane = 0x1b873593

  add(
    time: Micros,
    destination: number,
    source: number,
    sequence: number,
    kind: number,
    value: number,
  ): void {
    const low = time | 0
    const high = (time / 0x1_0000_0000) | 0
    const what = (destination << 8) | kind
    const sum =
      (Math.imul(low, 0x9e3779b1) +
        Math.imul(high, 0x85ebca77) +
        Math.imul(what, 0xc2b2ae3d) +
        Math.imul(source, 0x27d4eb2f) +
        Math.imul(sequence, 0x165667b1) +
        Math.imul(value, 0xd3a2646d)) |
      0
    const otherSum =
      (Math.imul(low, 0xfd7046c5) +
        Math.imul(high, 0xb55a4f09) +
        Math.imul(what, 0x2c1b3c6d) +
        Math.imul(source, 0x297a2d39) +
        Math.imul(sequence, 0x8a5cd789) +
        Math.imul(value, 0x635d2daf)) |
      0
    this.word = sum ^ (sum >>> 15)
    this.otherWord = otherSum ^ (otherSum >>> 16)
    this.#lane = chained(this.#lane, this.word)
    this.#otherLane = chained(this.#otherLane, this.otherWord)
  }

  get text(): string {
    return fingerprintText(this.#lane, this.#otherLane)
  }
}

/** A lane after one more word. */
export function chained(lane: number, word: number): number {
  const mixed = Math.imul(lane ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** Two lanes as 16 hexadecimal digits. */
export function fingerprintText(lane: number, otherLane: number): string {
  return hex32(lane) + hex32(otherLane)
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
