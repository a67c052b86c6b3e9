import type { Micros } from '../core/time.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import type { PeerKey } from './piece-tracker.ts'

export interface TurnoverPeer {
  readonly key: PeerKey
  /** When payload or metadata last moved, either way; when it came, before. */
  readonly movedAt: Micros
  /** It has something that we lack. */
  readonly wanted: boolean
  /** It wants something of us. */
  readonly interested: boolean
  /** It owes us blocks and has sent none for a while. */
  readonly snubbing: boolean
}

/** How long nothing may move: with a peer without interest either way, with one that only promises, with one that has what we lack. */
const PATIENCE_IDLE = 20 * SECOND
const PATIENCE_PROMISE = 30 * SECOND
const PATIENCE_WANTED = 2 * MINUTE

/**
 * Whom to part with when every place is taken and others wait: of those with whom nothing has moved for too long, one of the
 * kind that we wait for least, of these the one idle longest. `undefined`: all are of use, or may still become so.
 */
export function leastUseful(now: Micros, peers: Iterable<TurnoverPeer>): PeerKey | undefined {
  let worst: TurnoverPeer | undefined
  for (const peer of peers) {
    if (now - peer.movedAt < patience(peer)) continue
    const order = worst === undefined ? -1 : patience(peer) - patience(worst) || peer.movedAt - worst.movedAt
    if (order < 0) worst = peer
  }
  return worst?.key
}

function patience(peer: TurnoverPeer): Micros {
  if (peer.wanted && !peer.snubbing) return PATIENCE_WANTED
  return peer.wanted || peer.interested ? PATIENCE_PROMISE : PATIENCE_IDLE
}
