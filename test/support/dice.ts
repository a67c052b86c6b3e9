import type { Rng } from '../../src/core/rng.ts'

/** A seeded stream (SplitMix32), so that a test runs the same each time. */
export function dice(seed: number): Rng {
  let state = seed >>> 0
  const u32 = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  return {
    u32,
    fill: (into) => {
      for (let i = 0; i < into.length; i++) into[i] = u32() >>> 24
    },
  }
}
