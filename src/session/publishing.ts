import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { DhtNode } from '../dht/dht-node.ts'
import type { LookupObserver, LookupResult } from '../dht/lookup/lookup-request.ts'
import type { Publication } from '../dht/lookup/publication.ts'
import type { Seat } from './seat.ts'
import { inTurns } from './turns.ts'

/** What a torrent holds while it is published on every node. */
export interface Publishing {
  stop(now: Micros): void
}

interface Publisher {
  readonly node: Pick<DhtNode, 'publish'>
  readonly seat: Seat
  readonly family: 4 | 6
}

/** Announces `infoHash` on every node, now and again and again; `ended` is told of each look-up that this takes. */
export function publishOnAll(
  members: readonly Publisher[],
  now: Micros,
  infoHash: Id,
  port: (family: 4 | 6) => number,
  found: (now: Micros, peers: readonly Address[]) => void,
  seeds: () => boolean,
  ended: (result: LookupResult) => void,
): Publishing {
  const publications: Publication[] = []
  let isStopped = false
  inTurns(now, members, (begun, { node, seat, family }, next) => {
    if (isStopped) return
    seat.touch()
    let isFirst = true
    const observer: LookupObserver = {
      peers: (at, peers) => found(at, peers),
      done: (at, result) => {
        ended(result)
        if (isFirst) next(at)
        isFirst = false
      },
    }
    publications.push(node.publish(begun, infoHash, () => port(family), observer, seeds))
  })
  return {
    stop: (at) => {
      isStopped = true
      for (const publication of publications) publication.stop(at)
      for (const { seat } of members) seat.touch()
    },
  }
}
