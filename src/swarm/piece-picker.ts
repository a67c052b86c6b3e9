import type { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey, PieceTracker } from './piece-tracker.ts'
import type { UrgentPieces } from './urgent-pieces.ts'

/** A peer that could be sent a request now. The join keeps one of these for each peer. */
export interface PickPeer {
  readonly key: PeerKey
  /** What it has and has not refused, as long as the torrent has pieces. */
  readonly pieces: Bitfield
  /** `undefined`: it unchokes us, any piece may be asked for; else the few that may (allowed fast, BEP 6). */
  readonly allowed: ReadonlySet<number> | undefined
  /** What it says it is best asked for, the first first (BEP 6); absent: nothing. */
  readonly suggested?: readonly number[]
  /** It takes whole pieces where it can. */
  readonly fast: boolean
  /** It contributed to a piece that failed (`Blame.suspects`): it gets pieces that nobody else adds to. */
  readonly suspect: boolean
  /** It has sent blocks and has not stopped to. */
  readonly proven: boolean
  /** It let requests run out of time and has never sent a block: absent: no. */
  readonly silent?: boolean
  /** The picker's own note: the piece that it is at. Starts as -1. */
  current: number
}

export interface Pick {
  readonly piece: number
  readonly block: number
  /** Another was asked for this block before. */
  readonly endgame: boolean
}

export interface PickerInit {
  readonly tracker: PieceTracker
  readonly dice: Rng
  readonly options: SwarmOptions
  /** Bytes per second that come from a peer now; at the end, blocks of the slowest are asked for again first. */
  readonly rateOf: (peer: PeerKey) => number
  /** Those that may be asked for any piece and are proven: a failed piece waits for one, since whoever never answers would hold it alone. */
  readonly provenPeers: () => readonly PickPeer[]
  /** What is read as it arrives; absent: nothing. */
  readonly urgent?: UrgentPieces
}

/** Decides what to ask of whom, and keeps count of what peers have. */
export interface PiecePicker {
  /** A peer's set became known. When it replaces another one, `peerGone` with that one comes first. */
  peerPieces(pieces: Bitfield): void
  /** A peer has one piece more. */
  peerHave(piece: number): void
  /** A peer has one piece less. */
  peerLost(piece: number): void
  /** `pieces` as it is now: what `peerPieces`, `peerHave` and `peerLost` made of it. */
  peerGone(pieces: Bitfield): void
  /** How many connected peers have a piece. */
  availabilityOf(piece: number): number
  /** Whether there is a piece that no connected peer has. */
  readonly hasUnshared: boolean
  /** What to ask `peer` for, if anything. The request is booked in the tracker; `PieceTracker.release` takes it back. */
  next(peer: PickPeer): Pick | undefined
  /** A wanted piece of `pieces` that we lack (why its peer is interesting), -1 when there is none. Searches from `hint` on, round the end: pass the last answer. */
  witnessIn(pieces: Bitfield, hint?: number): number
  /** Whether there is work for it, now or once others let go of it. */
  employs(peer: PickPeer): boolean
  /**
   * The open piece that `peer`, which has nothing to do, is kept from by others that do nothing for it: one that it could
   * fetch alone, or one that holds the budget; -1: none. The join abandons it. For a slow round (10 s), not for each block.
   */
  relieve(peer: PickPeer): number
}
