import { type Item, isNewer } from '../codec/item.ts'
import { type Address, withPort } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { DhtNode } from '../dht/dht-node.ts'
import type { LookupHandle, LookupResult } from '../dht/lookup/lookup-request.ts'
import type { LookupCommand } from './commands.ts'
import type { SessionEvent } from './events.ts'
import type { Seat } from './seat.ts'
import { inTurns } from './turns.ts'

/** One node of a session. */
export interface Asked {
  readonly node: Pick<DhtNode, 'lookup'>
  readonly seat: Seat
  readonly family: 4 | 6
  /** Of its socket. */
  readonly address: Address
}

/**
 * One look-up on all nodes of a session: what they find is emitted once each, and `over` told when all have ended. Returns what
 * cancels them; nothing when they have ended already.
 */
export function lookUpOnAll(
  members: readonly Asked[],
  now: Micros,
  { kind: _, lookup: number, target, announce, ...asked }: LookupCommand,
  emit: (event: SessionEvent) => void,
  over: (results: readonly LookupResult[], peers: number) => void,
): LookupHandle | undefined {
  const results: LookupResult[] = []
  const open = new Set<LookupHandle>()
  // What one node of ours has announced, the next one finds.
  const seen = new Set(
    announce === undefined ? [] : members.map(({ address }) => withPort(address, announce).text),
  )
  const own = seen.size
  let newest: Item | undefined
  let isCancelled = false
  const announcing = announce === undefined ? {} : { announce: { port: announce, implied: false } }
  const isOver = (): boolean => results.length === members.length || (isCancelled && open.size === 0)
  inTurns(now, members, (begun, { node, seat }, next) => {
    if (isCancelled) return
    seat.touch()
    let handle: LookupHandle | undefined
    let hasEnded = false
    handle = node.lookup(
      begun,
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
        done: (at, result) => {
          hasEnded = true
          if (handle !== undefined) open.delete(handle)
          results.push(result)
          if (isOver()) over(results, seen.size - own)
          else next(at)
        },
      },
    )
    if (!hasEnded) open.add(handle)
  })
  if (members.length === 0) over(results, 0)
  if (isOver()) return undefined
  return {
    cancel: (at) => {
      isCancelled = true
      for (const handle of [...open]) handle.cancel(at)
    },
  }
}
