/** Randomness as a port: nothing below the face draws from the environment. */
export interface Rng {
  /** A uniform unsigned 32-bit integer. */
  u32(): number
  /** Overwrites `into` with uniform bytes. */
  fill(into: Uint8Array): void
}

/** A uniform integer in `[0, bound)`; `bound` from 1 to 2^32. Unbiased by rejection. */
export function below(rng: Rng, bound: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
  for (;;) {
    const draw = rng.u32()
    if (draw < limit) return draw % bound
  }
}

/** A uniform integer in `[low, high]`. */
export function between(rng: Rng, low: number, high: number): number {
  const span = high - low + 1
  return span <= 0x1_0000_0000 ? low + below(rng, span) : low + Math.floor((rng.u32() / 0x1_0000_0000) * span)
}

/** A uniform double in `[0, 1)` with 32 bits. */
export function unit(rng: Rng): number {
  return rng.u32() / 0x1_0000_0000
}

/** `value` spread uniformly over ± `share` of itself, as a whole number. */
export function jittered(rng: Rng, value: number, share: number): number {
  return Math.round(value * (1 - share + 2 * share * unit(rng)))
}
