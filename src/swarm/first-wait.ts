import type { SwarmOptions } from './options.ts'

/**
 * How a connection ended. `graceful`: closed in good order, it is tried again soon (some clients close after the metadata);
 * `declined`: closed by a remote that had no use for it, most likely for want of a place;
 * `redundant`: there is no use for it now (a twin is connected, both are seeds, others wait); `broken`: it failed; `strike`: it offended.
 */
export type Ending = 'graceful' | 'declined' | 'redundant' | 'broken' | 'strike'

/** How much longer an offender waits. */
const OFFENDER_FACTOR = 12

/** How long to leave a peer alone after a connection that ended so, in seconds. */
export function firstWait(how: Ending, named: boolean, options: SwarmOptions): number {
  if (how === 'redundant') return options.longestBackOff
  if (how === 'strike') return OFFENDER_FACTOR * options.backOff
  if (how === 'graceful' || named) return options.shortBackOff
  return how === 'declined' ? options.declinedBackOff : options.backOff
}
