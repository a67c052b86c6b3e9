import type { PeerKey } from './piece-tracker.ts'

export interface Verdict {
  /** Provably bad: to be banned now. */
  readonly ban: readonly PeerKey[]
  /** On parole from now on (they were not before). */
  readonly suspects: readonly PeerKey[]
}

export declare class Blame {
  /** A piece failed its hash; `contributors` is what `PieceTracker.failed` returned. */
  failed(piece: number, contributors: readonly PeerKey[]): Verdict
  /** A piece is right; `contributors` is what `PieceTracker.verified` returned. Returns who is cleared. */
  verified(piece: number, contributors: readonly PeerKey[]): readonly PeerKey[]
  suspects(peer: PeerKey): boolean
  gone(peer: PeerKey): void
}
