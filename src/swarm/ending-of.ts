import type { CloseReason, Severity } from '../peer/close-reasons.ts'
import type { Ending } from './first-wait.ts'

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
