import { FILTER_LENGTH, join } from '../codec/scrape-filter.ts'
import type { Id } from '../core/id.ts'
import type { Scraped } from '../dht/answering/peer-store.ts'
import type { LookupResult } from '../dht/lookup/lookup-request.ts'
import type { SessionEvent } from './events.ts'

/** One look-up as the session reports it: what the nodes of all its sockets found. `peers`: different ones in all. */
export function lookupEvent(
  number: number,
  target: Id,
  results: readonly LookupResult[],
  peers: number,
): SessionEvent {
  const walks = results.flatMap(({ ended, walk }) => (walk === undefined ? [] : [{ ended, steps: walk }]))
  const scraped = results.flatMap((result) => result.scraped ?? [])
  const refusal = results.find((result) => result.refusal !== undefined)?.refusal
  const copies = results.some((result) => result.item !== undefined)
    ? results.reduce((sum, result) => sum + (result.copies ?? 0), 0)
    : undefined
  const confidences = results.flatMap(({ confidence }) => confidence ?? [])
  return {
    kind: 'lookup',
    lookup: number,
    target,
    queries: results.reduce((sum, result) => sum + result.queries, 0),
    responses: results.reduce((sum, result) => sum + result.responses, 0),
    peers,
    elapsed: results.reduce((longest, result) => Math.max(longest, result.elapsed), 0),
    announced: results.reduce((sum, result) => sum + result.announced, 0),
    ...(refusal === undefined ? {} : { refusal }),
    ...(copies === undefined ? {} : { copies }),
    closest: results.flatMap((result) => result.closest),
    suspicious: results.some((result) => result.suspicious),
    ...(confidences.length === 0 ? {} : { confidence: Math.min(...confidences) }),
    ...(walks.length === 0 ? {} : { walks }),
    ...(scraped.length === 0 ? {} : { scraped: joined(scraped) }),
  }
}

function joined(all: readonly Scraped[]): Scraped {
  const seedFilter = new Uint8Array(FILTER_LENGTH)
  const peerFilter = new Uint8Array(FILTER_LENGTH)
  for (const one of all) {
    join(seedFilter, one.seedFilter)
    join(peerFilter, one.peerFilter)
  }
  return { seedFilter, peerFilter }
}
