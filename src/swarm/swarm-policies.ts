import type { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import type { ChokePolicy } from './choke-policy.ts'
import type { MetadataServer } from './metadata-server.ts'
import type { SwarmOptions } from './options.ts'
import type { PickerInit, PiecePicker } from './piece-picker.ts'
import type { PieceStore } from './torrent-effects.ts'

/** Where blocks for others come from. */
export type BlockSource = Pick<PieceStore, 'read'>

/** What a torrent does where it has a choice; what is left out is done as the BEPs say. */
export interface SwarmPolicies {
  /** What to ask of whom. */
  readonly picker?: (init: PickerInit) => PiecePicker
  /** Who may download from us. */
  readonly choker?: (options: SwarmOptions, dice: Rng) => ChokePolicy
  readonly metadata?: MetadataServer
  /** What requests are answered from; the store itself by default. */
  readonly blocks?: (store: BlockSource, dice: Rng) => BlockSource
  /** Whether we take part in hole punching (BEP 55); by default, where there is uTP. */
  readonly punchesHoles?: boolean
  /** What we say we have, made once of what we do have when the store opens; that set itself by default, which is live. */
  readonly claims?: (have: Bitfield) => Bitfield
}
