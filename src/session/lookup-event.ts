import type { Id } from '../core/id.ts'
import type { LookupResult } from '../dht/lookup-request.ts'
import type { SessionEvent } from './events.ts'

/** One look-up as the session reports it: what the nodes of all its sockets found. `peers`: different ones in all. */
export function lookupEvent(
  number: number,
  target: Id,
  results: readonly LookupResult[],
  peers: number,
): SessionEvent {
  return {
    kind: 'lookup',
    lookup: number,
    target,
    queries: results.reduce((sum, result) => sum + result.queries, 0),
    responses: results.reduce((sum, result) => sum + result.responses, 0),
    peers,
    elapsed: results.reduce((longest, result) => Math.max(longest, result.elapsed), 0),
    announced: results.reduce((sum, result) => sum + result.announced, 0),
    closest: results.flatMap((result) => result.closest),
  }
}
