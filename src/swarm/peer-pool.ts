import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import type { SwarmOptions } from './options.ts'

export type PeerSource = 'dht' | 'pex' | 'lsd' | 'manual' | 'magnet' | 'saved' | 'incoming'

export interface Dial {
  readonly address: Address
  /** Give up after this long (report `failed`). */
  readonly timeout: Micros
}

export interface PoolCounts {
  readonly candidates: number
  readonly dialling: number
  readonly connected: number
  /** Candidates refused or forgotten because the pool was full. */
  readonly overflow: number
  readonly banned: number
}

export declare class PeerPool {
  constructor(now: Micros, options: SwarmOptions, dice: Rng)
  /** True when it is new. Unusable, banned, own and surplus ones are refused. */
  add(now: Micros, address: Address, source: PeerSource): boolean
  /** The next one to dial now, marked as being dialled; call until `undefined`. */
  next(now: Micros): Dial | undefined
  nextDeadline(now: Micros): Micros
  /** A dial ended without a wire handshake. */
  failed(now: Micros, address: Address): void
  /** May this incoming peer take a place (bans, places, per IP)? */
  accepts(address: Address, peerId: Id | undefined): boolean
  /** Wire handshake done, whoever dialled. */
  connected(now: Micros, address: Address, outgoing: boolean): void
  /** An incoming peer told where it listens: that candidate counts as connected while it is. */
  listens(now: Micros, address: Address, port: number): void
  /** A connected peer is gone. `graceful`: it closed in good order, or we did: it is tried again soon. */
  closed(now: Micros, address: Address, how: 'graceful' | 'broken' | 'strike'): void
  /** It is a seed: not dialled while we seed. */
  seed(address: Address): void
  setSeeding(seeding: boolean): void
  /** It is ourselves: never dialled again. */
  self(address: Address): void
  /** Refuses the endpoint and the peer id, perhaps its IP; connected ones that `refuses` names now are the join's to close. */
  ban(now: Micros, address: Address, peerId: Id | undefined): void
  refuses(address: Address, peerId?: Id): boolean
  counts(): PoolCounts
}
