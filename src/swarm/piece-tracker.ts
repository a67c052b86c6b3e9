import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'

/** A peer as the parts of a swarm know it: a whole number from 1 to 2^31 - 1, never used twice in a torrent's life. */
export type PeerKey = number

/** Nobody. */
export const NO_PEER: PeerKey = 0

export type PieceState = 'missing' | 'open' | 'full' | 'have'
export type BlockState = 'free' | 'requested' | 'received'
/** Who may add to an open piece: anyone; rather its holder; its holder alone. */
export type Hold = 'shared' | 'reserved' | 'sole'

export declare class PieceTracker {
  readonly geometry: Geometry
  readonly have: Bitfield
  constructor(geometry: Geometry, have: Bitfield)
  get bytesOpen(): number
  get remaining(): number
  get complete(): boolean
  get openCount(): number
  stateOf(piece: number): PieceState
  blockState(piece: number, block: number): BlockState
  requestersOf(piece: number, block: number): PeerKey[]
  openPieces(): Iterable<number>
  suspectsOf(piece: number): readonly PeerKey[] | undefined
  open(piece: number, holder: PeerKey, hold: Hold): void
  request(piece: number, block: number, peer: PeerKey): boolean
  release(piece: number, block: number, peer: PeerKey): boolean
  claim(piece: number, block: number, peer: PeerKey): 'stream' | 'collect' | 'discard'
  streams(piece: number, block: number, peer: PeerKey): boolean
  receive(piece: number, block: number, peer: PeerKey): 'new' | 'full' | 'duplicate'
  verified(piece: number): PeerKey[]
  failed(piece: number): PeerKey[]
  abandon(piece: number): void
}
