import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import type { RateLimit } from '../core/rate-limit.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import type { SwarmOptions } from './options.ts'
import type { Padding } from './padding.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PieceAccount } from './piece-budget.ts'
import type { PieceCheck } from './piece-check.ts'
import type { FinisherOutcome } from './piece-finisher.ts'
import type { PickerInit, PiecePicker } from './piece-picker.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { PieceStore, StoreFailure } from './torrent-effects.ts'

/** Whoever supplies blocks. */
export interface Supplier {
  readonly key: PeerKey
  /** It has sent a whole block. */
  supplied: boolean
  /** It contributed to a piece that failed. */
  suspect: boolean
}

/** One that is no peer. */
export interface Helper extends Supplier {
  /** Bytes are asked of it at present. */
  readonly busy: boolean
  /** Bytes a second. */
  rate(now: Micros): number
  /** It has supplied wrong data, provably: nothing is to be asked of it any more. */
  convicted(now: Micros): void
}

/** What the torrent learns from its download. */
export interface DownloadOutcome {
  /** Verified and written: may be announced. */
  gained(now: Micros, piece: number): void
  /** Supplied wrong data, provably. */
  guilty(now: Micros, peer: PeerKey, piece: number): void
  /** A piece cannot be right, whoever sends it: for its padding, or since its hashes are of different bytes. */
  inconsistent(piece: number, by: 'padding' | 'versions'): void
  /** See `FinisherOutcome`. */
  truth: FinisherOutcome['truth']
  /** Work has appeared for peers that found none. */
  workAppeared(): void
  trouble(now: Micros, failure: StoreFailure): void
  recovered(now: Micros): void
}

export interface DownloadInit {
  readonly now: Micros
  readonly geometry: Geometry
  /** How pieces are found right. */
  readonly check: PieceCheck
  /** What is on disk and right; kept up to date. */
  readonly have: Bitfield
  /** How much each piece is wanted (`Level`); all alike by default. */
  readonly levels?: Uint8Array | undefined
  readonly options: SwarmOptions
  readonly dice: Rng
  readonly store: PieceStore
  /** Its part of the memory for pieces. */
  readonly account: PieceAccount
  readonly limit: RateLimit
  readonly slots: ReadonlyMap<PeerKey, PeerSlot>
  readonly outcome: DownloadOutcome
  /** Where its padding lies. */
  readonly padding: Padding
  readonly picker?: ((init: PickerInit) => PiecePicker) | undefined
}
