import type { SessionOptions } from '../../src/session/options.ts'
import type { ChurnProfile } from '../hosts/churn-profiles.ts'
import type { HostInit, World } from '../hosts/world.ts'

/** When the members of a group start, in seconds. Uniform arrivals of a fixed number are a Poisson process, given its count. */
export type Arrival =
  | { readonly kind: 'at'; readonly second: number }
  | { readonly kind: 'within'; readonly from: number; readonly seconds: number }
  /** They come and go all the time, those that are up at second 0 among them. */
  | { readonly kind: 'churn'; readonly profile: ChurnProfile }
  /** By a step of the timeline, with `Stage.boot`. */
  | { readonly kind: 'later' }

export interface TorrentRole {
  /** A seed has all content on its disk from the start. */
  readonly role: 'seed' | 'download'
  /** Neighbours at most; default 50. */
  readonly maxPeers?: number
  /** Seconds after completion in which a downloader leaves; default: it stays and seeds. */
  readonly leavesAfter?: number
}

/** Members that are alike. */
export interface Group {
  readonly name: string
  readonly count: number
  readonly arrival: Arrival
  /** What is special about the place of member `index` of the group: its lines, clock, or a box of `world` before it. */
  host?(index: number, world: World): HostInit
  /** The session's options; by default it listens and enters the DHT through the first group. */
  readonly session?: Partial<SessionOptions>
  readonly torrent?: TorrentRole
  /**
   * Those that are there from second 0 on start with the tables that an oracle draws from all of them, as in a network at
   * rest; everybody else, and everybody in a later life, joins.
   */
  readonly isWarm?: boolean
  /** Liars and such: no rule holds for them. */
  readonly isHostile?: boolean
  /** `own`: the scenario's `boot` starts a machine of its own; default: a session. */
  readonly machine?: 'session' | 'own'
}
