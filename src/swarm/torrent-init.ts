import type { Id } from '../core/id.ts'
import type { RateLimits } from '../core/rate-limit.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import type { SwarmOptions } from './options.ts'
import type { PieceAccount } from './piece-budget.ts'
import type { SwarmPolicies } from './swarm-policies.ts'
import type { TorrentEffects } from './torrent-effects.ts'

/** What a torrent is made with. */
export interface TorrentInit {
  readonly now: Micros
  readonly infoHash: Id
  /** See `GivenHashes`. */
  readonly v2Hash?: Uint8Array | undefined
  readonly peerId: Id
  readonly effects: TorrentEffects
  readonly options: SwarmOptions
  readonly dice: Rng
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly sha256: (bytes: Uint8Array) => Uint8Array
  readonly limits: RateLimits
  /** Its part of the memory for pieces; left when it stops. `Torrent.memoryCame` is called when it is woken. */
  readonly account: PieceAccount
  /** Where others find us, if we take peers. */
  listenPort(family: 4 | 6): number | undefined
  /** Where our DHT node listens, if there is one. */
  readonly dhtPort: number | undefined
  readonly policies?: SwarmPolicies | undefined
}
