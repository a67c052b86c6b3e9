import type { Rng } from '../../src/core/rng.ts'

/** A small generator (xorshift) that gives the same numbers for the same seed. */
export function rolls(seed: number): Rng {
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995
  const u32 = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return {
    u32,
    fill(into) {
      for (let i = 0; i < into.length; i++) into[i] = u32() >>> 24
    },
  }
}

/** Gives `draws` in turn, then zeros. */
export function scripted(...draws: number[]): Rng {
  const u32 = (): number => draws.shift() ?? 0
  return { u32, fill: (into) => void into.fill(0) }
}
