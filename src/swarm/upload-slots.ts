import type { SwarmOptions } from './options.ts'

/** Bytes a second that the n-th slot must add, over those before it: libtorrent's rate-based choker, `rate_threshold += 2048`. */
const STEP = 2048
/** The same for slots beyond `uploadSlots`. */
const WIDE_STEP = 8 * STEP
/** One that is served and one by lot: fewer would be no choice. */
const FEWEST = 2

/**
 * How many may download from us at once. With n equal takers a slot more pays while each takes a step for every slot there is, so n is the
 * root of what leaves over that (libtorrent's rate-based choker; the root of 0.6 times the KB/s in the mainline client). Beyond
 * `uploadSlots` steps are wide: a piece that goes out at a twentieth of the line comes late, and a crowd waits for whole pieces.
 * Fewer than `uploadSlots` only where a limit holds back what leaves: else that little leaves may be the takers' choice, and a slot
 * that nobody uses costs nothing.
 */
export function uploadSlots(options: SwarmOptions, rate: number, limited: boolean): number {
  const few = Math.min(rootOf(rate / STEP), options.uploadSlots)
  const many = Math.min(rootOf(rate / WIDE_STEP), options.mostUploadSlots)
  return Math.max(few, many, limited ? FEWEST : options.uploadSlots)
}

function rootOf(ratio: number): number {
  return Math.ceil(Math.sqrt(ratio))
}
