import { Bitfield } from '../../src/core/bitfield.ts'
import type { Rng } from '../../src/core/rng.ts'
import { NORMAL, SKIPPED } from '../../src/swarm/level.ts'
import { PieceBudget } from '../../src/swarm/piece-budget.ts'
import type { PickPeer } from '../../src/swarm/piece-picker.ts'
import type { PeerKey } from '../../src/swarm/piece-tracker.ts'

/** A small seeded generator (xorshift32): the same seed, the same run. */
export function seededDice(seed: number): Rng {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1
  const u32 = (): number => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  return {
    u32,
    fill(into) {
      for (let i = 0; i < into.length; i++) into[i] = u32() & 0xff
    },
  }
}

/** Memory for pieces, by default more than any test of one part needs. */
export function pieceBudget(limit: number = 32 * 1024 * 1024): PieceBudget {
  return new PieceBudget(limit)
}

export function setOf(length: number, pieces: Iterable<number>): Bitfield {
  const field = new Bitfield(length)
  for (const piece of pieces) field.add(piece)
  return field
}

/** `NORMAL` for those, `SKIPPED` for the rest. */
export function levelsOf(wanted: Bitfield): Uint8Array {
  return Uint8Array.from({ length: wanted.length }, (_, piece) => (wanted.has(piece) ? NORMAL : SKIPPED))
}

export function fullSet(length: number): Bitfield {
  const field = new Bitfield(length)
  field.fill()
  return field
}

export type TestPeer = {
  -readonly [K in keyof PickPeer]: PickPeer[K]
}

export function pickPeer(key: PeerKey, pieces: Bitfield, more: Partial<TestPeer> = {}): TestPeer {
  return { key, pieces, allowed: undefined, fast: false, suspect: false, proven: true, current: -1, ...more }
}
