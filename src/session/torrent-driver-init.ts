import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { Id } from '../core/id.ts'
import type { RateLimits } from '../core/rate-limit.ts'
import type { Micros } from '../core/time.ts'
import type { AddOptions, TorrentSource } from './commands.ts'
import type { DhtDriver } from './dht-driver.ts'
import type { Encryption } from './encryption.ts'
import type { SessionEvent } from './events.ts'
import type { LocalDriver } from './local-driver.ts'
import type { MemoryPool } from './memory-pool.ts'
import type { SessionOptions } from './options.ts'
import type { PeerDriver } from './peer-driver.ts'
import type { TorrentPolicies } from './policies.ts'
import type { Mapped } from './port-mapping.ts'
import type { Failure, Handle, Ports } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Tickets } from './tickets.ts'
import type { TrackerDriver } from './trackers/tracker-driver.ts'
import type { WebClient } from './web/web-client.ts'

/** Files that were hashed: their marks (`StoragePort.marks`) before, and what is right of them. */
export interface CheckedFiles {
  readonly marks: readonly number[]
  readonly have: Bitfield
}

/** What a torrent of a session is made with. */
export interface TorrentDriverInit {
  readonly number: number
  readonly source: TorrentSource
  readonly options: AddOptions
  readonly session: SessionOptions
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly peers: PeerDriver
  readonly encryption: Encryption | undefined
  readonly dht: DhtDriver | undefined
  readonly local: LocalDriver | undefined
  readonly trackers: TrackerDriver | undefined
  readonly web: WebClient | undefined
  readonly peerId: Uint8Array
  /** Where the session listens. */
  readonly port: number | undefined
  /** What a gateway hands on to that; `undefined`: none was asked. */
  mapped(): Mapped | undefined
  /** Addresses that are ourselves. */
  readonly own: readonly Address[]
  readonly limits: RateLimits
  readonly memory: MemoryPool
  readonly policies: TorrentPolicies | undefined
  newHandle(): Handle
  /** Its files are here; why it cannot have them, if it cannot. */
  claim(paths: readonly string[]): Failure | undefined
  /** It goes by this hash as well (BEP 52). */
  alsoKnown(infoHash: Id): void
  /** What was found of a seed's files when they were last hashed in this run; a later turn believes it as far as they are the same. */
  readonly checked: CheckedFiles | undefined
  remember(checked: CheckedFiles): void
  /** Another torrent has one of its files, too. */
  sharesFiles(): boolean
  emit(event: SessionEvent): void
  /** It has done what it was for: it is to be removed. */
  leave(now: Micros): void
}
