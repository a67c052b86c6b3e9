import type { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey, PieceTracker } from './piece-tracker.ts'

/** A peer that could be sent a request now. */
export interface PickPeer {
  readonly key: PeerKey
  /** What it has, as long as the torrent's pieces. */
  readonly pieces: Bitfield
  /** `undefined`: it unchokes us, any piece may be asked for; else the few that may (allowed fast, BEP 6). */
  readonly allowed: readonly number[] | undefined
  /** It takes whole pieces where it can. */
  readonly fast: boolean
  /** It contributed to a piece that failed (`Blame.suspects`): it gets pieces that nobody else adds to. */
  readonly suspect: boolean
}

export interface Pick {
  readonly piece: number
  readonly block: number
  /** Others were asked for this block before. */
  readonly endgame: boolean
  /** What had been received of this piece was given up just now: release its memory before anything is written. */
  readonly restarted: boolean
}

export interface PickerInit {
  readonly tracker: PieceTracker
  readonly dice: Rng
  readonly options: SwarmOptions
  /** Bytes per second that come from a peer now; at the end, blocks of the slowest are asked for again first. */
  readonly rateOf: (peer: PeerKey) => number
}

export declare class Picker {
  constructor(init: PickerInit)
  /** A peer's set became known (also: replaced, after `peerGone` with the old one). */
  peerPieces(pieces: Bitfield): void
  peerHave(piece: number): void
  peerGone(pieces: Bitfield): void
  availabilityOf(piece: number): number
  /** What to ask `peer` for; the request is booked in the tracker (undone by `release`). */
  next(peer: PickPeer): Pick | undefined
  /** A piece of `pieces` that we lack, -1 when there is none. Search starts at `hint`: pass the last answer. */
  witnessIn(pieces: Bitfield, hint?: number): number
  interestingIn(pieces: Bitfield): boolean
  /** The open piece to abandon so that `peer`, which got nothing, can be given work; -1: none. For a slow round, not for each block. */
  relieve(peer: PickPeer): number
}
