import { NOWHERE } from '../../codec/announce.ts'
import type { TrackerAnswer } from '../../codec/tracker-answer.ts'
import { type Address, acceptsFrom } from '../../core/address.ts'
import type { Failure } from '../ports.ts'
import type { Whereabouts } from '../web/reach.ts'

/** How an announce ended. */
export type AnnounceResult =
  | {
      readonly ok: true
      readonly answer: Omit<TrackerAnswer, 'peers'>
      /** By where the tracker was that named them. */
      readonly peers: readonly { readonly from: Whereabouts; readonly peers: readonly Address[] }[]
    }
  | { readonly ok: false; readonly failure: Failure }

/** Of several ways to one tracker: what any brought; else why not. */
export function joinedResult(results: readonly AnnounceResult[]): AnnounceResult {
  const good = results.filter((result) => result.ok)
  if (good.length > 0) return { ok: true, answer: good[0]!.answer, peers: good.flatMap(({ peers }) => peers) }
  // That it has no address of one family is not why.
  const why = results.find((result) => !result.ok && result.failure.code !== 'web/no-address')
  return why ?? results[0]!
}

/** Peers that a tracker may name from where it is (section 8 of the design), but for those that say that they take none. */
export function acceptedPeers({ peers }: Extract<AnnounceResult, { ok: true }>): Address[] {
  return peers.flatMap(({ from, peers: named }) =>
    named.filter((peer) => peer.port !== NOWHERE && acceptsFrom(from, peer)),
  )
}
