/**
 * What a command reports while it runs: the JSON lines that scripts rely on. Rates are bytes per second, ids and
 * hashes lower-case hex. The renderer adds `at`.
 */

import type {
  Connections,
  Finding,
  Hop,
  NodeStats,
  Progress,
  RuleResult,
  Score,
  SeededSummary,
  Walk,
  Why,
} from '../index.ts'
import type { ItemFields } from './item-text.ts'

interface At {
  readonly host: string
  readonly port: number
}

interface Torrent {
  readonly infoHash: string
  readonly name: string
  readonly length: number
  /** How many. */
  readonly files: number
  readonly pieceLength: number
}

/** Of `info`: where peers and content may be had besides. */
interface Named {
  readonly private: boolean
  /** Tier by tier. */
  readonly trackers: readonly (readonly string[])[]
  readonly webSeeds: readonly string[]
}

/** Of `info`: what is in the place of a file. */
interface InPlace {
  /** Bytes of the file that is there; null: there is none. */
  readonly existing: number | null
  /** The name in the torrent, where that cannot be kept. */
  readonly named?: string
  /** What stands there and is no file. */
  readonly obstacle?: string
}

/** Of `info`: whether a download would fit. Null: the system does not tell. */
interface Room {
  /** Absolute. */
  readonly folder: string
  readonly needed: number
  readonly free: number | null
  readonly fits: boolean | null
}

/** How far a torrent is, in figures. */
export type Figures = Pick<Progress, 'verified' | 'total' | 'down' | 'up' | 'uploaded' | keyof Connections>

export interface ProgressEvent extends Figures {
  readonly event: 'progress'
}

type ToldFinding = Omit<Finding, 'phrase'>

/** The fields of the first finding, where there is one, and all of them; the last two at the end, with `--explain`. */
export interface WhyEvent extends Partial<ToldFinding>, Partial<Pick<Why, 'spent' | 'stages'>> {
  readonly event: 'why'
  readonly infoHash: string
  readonly findings: readonly ToldFinding[]
}

export type CommandEvent =
  | ({ readonly event: 'listening'; readonly nodeId?: string } & At)
  | ({ readonly event: 'node-id'; readonly nodeId: string } & At)
  | { readonly event: 'ready'; readonly nodes: number; readonly ms: number }
  | ({ readonly event: 'peer'; readonly source: string } & At)
  | {
      readonly event: 'lookup'
      readonly target: string
      readonly queries: number
      readonly responses: number
      readonly peers: number
      readonly ms: number
      /** Of `peers`: as the library has them (`LookupSummary`). */
      readonly confidence?: number
      readonly suspicious?: boolean
      /** Why each walk ended, with `--explain`. */
      readonly ended?: readonly Walk['ended'][]
    }
  | ({ readonly event: 'metadata' } & Torrent & Partial<Named>)
  | ({
      readonly event: 'file'
      readonly index: number
      readonly path: string
      readonly length: number
    } & Partial<InPlace>)
  | ProgressEvent
  | WhyEvent
  | { readonly event: 'seeding'; readonly infoHash: string; readonly magnet: string }
  /** Of a torrent that changes (BEP 46). */
  | { readonly event: 'version'; readonly infoHash: string; readonly seq: number | string }
  | ({ readonly event: 'seeded'; readonly infoHash: string } & SeededSummary)
  | ({ readonly event: 'stats' } & NodeStats)
  | ({ readonly event: 'pong'; readonly ms: number; readonly nodeId: string } & At)
  | ({ readonly event: 'hop' } & Hop)
  | ({
      readonly event: 'sample'
      readonly total: number
      readonly interval: number
      readonly infoHashes: readonly string[]
    } & At)
  | ({ readonly event: 'item' } & ItemFields)
  | ({ readonly event: 'rule' } & RuleResult)
  | ({ readonly event: 'score' } & Score)
  | (DoneFields & { readonly event: 'done'; readonly seconds: number })
  | ({
      readonly event: 'warning' | 'error'
      readonly code: string
      readonly message: string
      readonly reason?: string
    } & Partial<At>)
  | { readonly event: 'stopped'; readonly reason: string }

type DoneFields =
  /** `download` */
  | { readonly infoHash: string; readonly path: string; readonly length: number; readonly wasted: number }
  /** `create`: the file written */
  | ({ readonly path: string; readonly magnet: string } & Torrent)
  /** `info`: the file saved, with `-o`; the room for a download */
  | ({ readonly path?: string } & Torrent & Room)
  /** `peers` */
  | { readonly infoHash: string; readonly peers: number }
  /** `dht ping`, `probe` */
  | At
  /** `dht sample` */
  | {
      readonly target: string
      readonly queries: number
      readonly nodes: number
      readonly infoHashes: number
    }
  /** `dht get` */
  | { readonly target: string }
  /** `dht put`; the last three of a mutable item */
  | {
      readonly target: string
      readonly nodes: number
      readonly publicKey?: string
      readonly seq?: number | string
      readonly link?: string
    }
