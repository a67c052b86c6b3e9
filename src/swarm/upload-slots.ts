import type { SwarmOptions } from './options.ts'

/** Bytes a second that the n-th slot must add, over those before it: libtorrent's rate-based choker, `rate_threshold += 2048`. */
const STEP = 2048
/** One that is served and one by lot: fewer would be no choice. */
const FEWEST = 2

/**
 * How many may download from us at once. With n equal takers a slot more pays while each takes 2 KiB/s for every slot there is, so n is
 * the root of what leaves over that (libtorrent's rate-based choker; the root of 0.6 times the KB/s in the mainline client).
 * Fewer than `uploadSlots` only where a limit holds back what leaves: else that little leaves may be the takers' choice, and a slot
 * that nobody uses costs nothing.
 */
export function uploadSlots(options: SwarmOptions, rate: number, limited: boolean): number {
  const paid = Math.ceil(Math.sqrt(rate / STEP))
  return Math.max(Math.min(paid, options.mostUploadSlots), limited ? FEWEST : options.uploadSlots)
}
