import type { Micros } from '../core/time.ts'
import type { PeerKey } from './piece-tracker.ts'

export interface ChokePeer {
  readonly key: PeerKey
  /** What a limit per address counts it as. */
  readonly host: string
  /** It is interested in us. */
  readonly interested: boolean
  /** Payload bytes per second from it. */
  readonly down: number
  /** Payload bytes per second to it. */
  readonly up: number
  /** Payload bytes that ever went to it. */
  readonly taken: number
  /** What it has of the content, 0 to 1. */
  readonly share: number
  readonly connectedAt: Micros
  /** It owes us blocks and has sent none for a while. */
  readonly snubbing: boolean
  /** It said that it will not download (BEP 21). */
  readonly uploadOnly: boolean
}

/** How we stand in a round. */
export interface ChokeState {
  readonly seeding: boolean
  /** Bytes; 0 while it is not known. */
  readonly pieceLength: number
  /** An upload limit is in the way. */
  readonly limited: boolean
}

/**
 * Whom a seed serves when more want to than there are slots. `round-robin`: all by turns. `fastest`: those that take fastest.
 * `anti-leech`: those that have least or most (libtorrent), since who has half can trade. The latter two try one by lot as well.
 */
export type SeedChoking = (typeof SEED_CHOKINGS)[number]
export const SEED_CHOKINGS: readonly ['round-robin', 'fastest', 'anti-leech'] = [
  'round-robin',
  'fastest',
  'anti-leech',
]

/** Decides who may download from us. */
export interface ChokePolicy {
  /** Whom to have unchoked from now on, of all connected peers; all others are to be choked. At most the slots there are. */
  round(now: Micros, peers: readonly ChokePeer[], state: ChokeState): ReadonlySet<PeerKey>
  /** A choked peer has become interested between rounds: whether to unchoke it at once (a slot is free). */
  admit(now: Micros, peer: ChokePeer): boolean
  /** A peer has lost interest (the join chokes it) or has left: its slot is free. */
  free(now: Micros, peer: PeerKey): void
  /** Whether there is a slot that `admit` might give away. */
  readonly hasFreeSlot: boolean
  /** When `round` is to be called next, to choose anew or to fill a slot; at once for the first time. */
  nextDeadline(): Micros
}
