import { type Item, isNewer } from '../codec/item.ts'
import type { DhtNode } from '../dht/dht-node.ts'
import type { LookupHandle, LookupResult } from '../dht/lookup-request.ts'
import type { LookupCommand } from './commands.ts'
import type { SessionEvent } from './events.ts'
import type { Seat } from './seat.ts'

/** One node of a session. */
export interface Asked {
  readonly node: Pick<DhtNode, 'lookup'>
  readonly seat: Seat
}

/**
 * One look-up on all nodes of a session at once: what they find is emitted once each, and `over` told when all have ended. Returns what
 * cancels them; nothing when they have ended already.
 */
export function lookUpOnAll(
  members: readonly Asked[],
  now: number,
  { kind: _, lookup: number, target, announce, ...asked }: LookupCommand,
  emit: (event: SessionEvent) => void,
  over: (results: readonly LookupResult[], peers: number) => void,
): readonly LookupHandle[] {
  let left = members.length
  const results: LookupResult[] = []
  const seen = new Set<string>()
  let newest: Item | undefined
  const announcing = announce === undefined ? {} : { announce: { port: announce, implied: false } }
  const handles = members.map(({ node, seat }) => {
    seat.touch()
    return node.lookup(
      now,
      { target, ...asked, ...announcing },
      {
        peers: (_at, peers) => {
          const fresh = peers.filter((peer) => !seen.has(peer.text))
          for (const peer of fresh) seen.add(peer.text)
          if (fresh.length > 0) emit({ kind: 'lookup-peers', lookup: number, peers: fresh })
        },
        item: (_at, item) => {
          if (newest !== undefined && !isNewer(item, newest)) return
          newest = item
          emit({ kind: 'lookup-item', lookup: number, target, item })
        },
        sampled: (_at, from, sample) => emit({ kind: 'lookup-sample', lookup: number, from, sample }),
        done: (_at, result) => {
          results.push(result)
          left -= 1
          if (left === 0) over(results, seen.size)
        },
      },
    )
  })
  if (members.length === 0) over(results, 0)
  return left > 0 ? handles : []
}
