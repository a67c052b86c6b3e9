/** Halves of the young generation, in MiB. */
const LEAST_YOUNG = 16
const MOST_YOUNG = 128
const SHARE = 16

/**
 * Flags of Node.js for a process that plays runs in a heap of `heapMiB`. V8's 16 MiB for young objects fill up while what a crowd
 * has in flight is still needed, so it is copied and promoted for nothing: with 128 MiB a crowd of 300 peers takes 0.68 of the time
 * and a DHT of 10,000 nodes 0.89; more gains nothing.
 */
export function heapFlags(heapMiB: number): string[] {
  const young = Math.min(Math.max(Math.floor(heapMiB / SHARE), LEAST_YOUNG), MOST_YOUNG)
  return [`--max-old-space-size=${heapMiB}`, `--max-semi-space-size=${young}`]
}
