/** A tenth of a second of the limit may pass at once, and at least one block. */
const BURST_SHARE = 0.1
const MIN_BURST = 16_384

/** How much of a limit of `rate` bytes a second may pass at once. */
export function burstOf(rate: number): number {
  return rate === Number.POSITIVE_INFINITY ? rate : Math.max(MIN_BURST, rate * BURST_SHARE)
}
