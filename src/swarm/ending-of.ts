import type { CloseReason, Severity } from '../peer/close-reasons.ts'

/**
 * How a connection ended. `graceful`: closed in good order, it is tried again soon (some clients close after the metadata);
 * `declined`: closed by a remote that had no use for it, most likely for want of a place;
 * `redundant`: there is no use for it now (a twin is connected, both are seeds, others wait); `broken`: it failed; `strike`: it offended.
 */
export type Ending = 'graceful' | 'declined' | 'redundant' | 'broken' | 'strike'

const REDUNDANT: ReadonlySet<CloseReason> = new Set([
  'swarm/duplicate',
  'swarm/both-seeds',
  'swarm/displaced',
])

/** How a connection's end is held against its address. `useful`: something had moved on it lately. */
export function endingOf(reason: CloseReason, severity: Severity, useful: boolean): Ending {
  if (severity !== 'close') return 'strike'
  if (REDUNDANT.has(reason)) return 'redundant'
  if (reason === 'stream/ended') return useful ? 'graceful' : 'declined'
  return reason.startsWith('swarm/') ? 'graceful' : 'broken'
}
