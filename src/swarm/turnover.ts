import type { Micros } from '../core/time.ts'
import { MINUTE, SECOND } from '../core/time.ts'

export interface TurnoverPeer {
  /** When payload or metadata last moved, either way; when it came, before. */
  readonly movedAt: Micros
  /** It has something that we lack. */
  readonly wanted: boolean
  /** It wants something of us. */
  readonly interested: boolean
  /** Neither side will ever want anything of the other, as things stand. */
  readonly redundant: boolean
  /** It owes us blocks and has sent none for a while. */
  readonly snubbing: boolean
  /** It has had its turn and made nothing of it. */
  vain(now: Micros): boolean
}

/** How long a place is kept for a peer of no use either way: it may say more than that in its first moments. */
const PATIENCE_USELESS = 5 * SECOND
/** How long nothing may move: with a peer without interest either way, with one that only promises, with one that has what we lack. */
const PATIENCE_IDLE = 20 * SECOND
const PATIENCE_PROMISE = 30 * SECOND
const PATIENCE_WANTED = 2 * MINUTE

/** How much sooner a peer goes for the sake of one that ranks higher. */
const OUTRANKED_FACTOR = 0.5

export interface Choice<P> {
  /** Who does not go in any case. */
  readonly spared?: (peer: P) => boolean
  /** The greater the better; by default all are alike. */
  readonly rankOf?: (peer: P) => number
  /** The rank of the one that comes, where it is known who. */
  readonly newcomer?: number | undefined
}

/**
 * Whom to part with when every place is taken and others wait: of those with whom nothing has moved for too long, one of the
 * kind that we wait for least, of these the one that ranks lowest (BEP 40), then the one idle longest. `undefined`: all are of
 * use, or may still become so. Who ranks lower than the newcomer is waited for half as long.
 */
export function leastUseful<P extends TurnoverPeer>(
  now: Micros,
  peers: Iterable<P>,
  { spared = () => false, rankOf = () => 0, newcomer = Number.NEGATIVE_INFINITY }: Choice<P> = {},
): P | undefined {
  let worst: P | undefined
  let lowest = 0
  for (const peer of peers) {
    const idle = now - peer.movedAt
    const wait = patience(now, peer)
    if (idle < wait * OUTRANKED_FACTOR || spared(peer)) continue
    const rank = rankOf(peer)
    if (idle < wait && rank >= newcomer) continue
    const order =
      worst === undefined ? -1 : wait - patience(now, worst) || rank - lowest || peer.movedAt - worst.movedAt
    if (order >= 0) continue
    worst = peer
    lowest = rank
  }
  return worst
}

function patience(now: Micros, peer: TurnoverPeer): Micros {
  if (peer.redundant || (!peer.wanted && peer.vain(now))) return PATIENCE_USELESS
  if (peer.wanted && !peer.snubbing) return PATIENCE_WANTED
  return peer.wanted || peer.interested ? PATIENCE_PROMISE : PATIENCE_IDLE
}
