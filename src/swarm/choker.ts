import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey } from './piece-tracker.ts'

export interface ChokePeer {
  readonly key: PeerKey
  /** It is interested in us. */
  readonly interested: boolean
  /** Payload bytes per second from it. */
  readonly down: number
  /** Payload bytes per second to it. */
  readonly up: number
  readonly connectedAt: Micros
  /** It owes us blocks and has sent none for a while. */
  readonly snubbing: boolean
  /** It said that it will not download (BEP 21). */
  readonly uploadOnly: boolean
}

export declare class Choker {
  constructor(options: SwarmOptions, dice: Rng)
  /** Who is to be unchoked from now on; all others are to be choked. */
  round(now: Micros, peers: readonly ChokePeer[], seeding: boolean): ReadonlySet<PeerKey>
  /** A choked peer became interested between rounds: whether it is to be unchoked at once. */
  admit(now: Micros, peer: ChokePeer): boolean
  /** An unchoked peer is no longer interested or has gone: its slot is free. The join chokes it. */
  free(now: Micros, peer: PeerKey): void
  /** When the next round is due. */
  nextDeadline(): Micros
}
