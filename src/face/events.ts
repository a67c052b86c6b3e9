import type { ErrorCode, ErrorKind } from '../core/errors.ts'
import type { PeerSource } from '../session/events.ts'
import type { Priority } from '../session/file-change.ts'

/** Where somebody is. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Where a node listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Lower-case hex; `undefined` without DHT. It changes when the IP that others see demands another (event `node-id`). */
  readonly nodeId: string | undefined
}

export interface FilePlan {
  /** Position in the torrent's file list. */
  readonly index: number
  /** Where it is or will be written. */
  readonly path: string
  /** Bytes. */
  readonly length: number
  /** Whether it is to be downloaded, */
  readonly selected: boolean
  /** and how much it is wanted. */
  readonly priority: Priority
}

export interface MetadataSummary {
  readonly name: string
  /** Bytes of the content. */
  readonly length: number
  readonly files: readonly FilePlan[]
  readonly pieceLength: number
  readonly private: boolean
}

export interface DoneSummary {
  /** Lower-case hex. */
  readonly infoHash: string
  /** The file, or the folder of the files. */
  readonly path: string
  /** Bytes of the files that were wanted. */
  readonly length: number
  /** Since it was added. */
  readonly seconds: number
  /** Payload bytes fetched in vain. */
  readonly wasted: number
}

/** What a torrent had done when one of its limits ended it. */
export interface SeededSummary {
  readonly limit: 'ratio' | 'time'
  /** Payload bytes. */
  readonly uploaded: number
  /** Bytes of the content. */
  readonly length: number
  /** For how long it was complete. */
  readonly seconds: number
}

export interface LookupSummary {
  readonly target: string
  readonly queries: number
  readonly responses: number
  /** Distinct peers found. */
  readonly peers: number
  /** Nodes that took what was announced, or put. */
  readonly announced: number
  /** The KRPC error that most of those gave who refused it. */
  readonly refusal?: number
  readonly ms: number
  /**
   * How far the nearest nodes that answered lie from the target, as a share of what is to be expected in a network of this size, at most 1;
   * absent while that cannot be told.
   */
  readonly confidence?: number
  /** Somebody seems to have put nodes next to the target (`confidence` is below a quarter), or names nodes without end. */
  readonly suspicious: boolean
  /** How many there are by what nodes say (BEP 33), when that was asked for: none of it is verified. */
  readonly scrape?: ScrapeSummary
  /** The way that it took, one for each address family, when that was asked for. */
  readonly walks?: readonly Walk[]
}

/** What a node knows of the network around it. */
export interface NetworkSummary {
  /**
   * `online`: it has contacts, and they answer. `degraded`: it looks for a way in, or nobody has answered for some seconds. `offline`:
   * nobody has answered for a minute.
   */
  readonly status: 'online' | 'degraded' | 'offline'
  /** The IPs at which others see it (BEP 42), at most one of a socket; none before they agree. */
  readonly external: readonly string[]
  /** Whether those reach it to whom it has sent nothing; absent: nothing speaks for or against it. */
  readonly reachable?: boolean
  /** Queries of others are left unanswered (BEP 43). */
  readonly readOnly: boolean
  /** In `stats` where a gateway was asked to hand on what comes to our port: what it does. */
  readonly mapped?: MappedSummary
}

export interface MappedSummary {
  /** Ports of the gateway; absent: it hands on none. */
  readonly tcp?: number
  readonly udp?: number
  /** Its address, as it has told. */
  readonly host?: string
}

/** The way of a look-up. */
export interface Walk {
  /** `closest`: nobody nearer was left to hear from. */
  readonly ended: 'closest' | 'found' | 'budget' | 'deadline' | 'cancelled' | 'no-nodes' | 'refused'
  /** All that it heard of, in that order. */
  readonly hops: readonly Hop[]
}

/** What became of one node. */
export interface Hop extends Endpoint {
  readonly nodeId: string
  /** Who named it first; absent: our own table. */
  readonly namedBy?: Endpoint
  readonly outcome: 'answered' | 'silent' | 'error' | 'unasked'
  /**
   * Of one that was not asked: there was no need, others of its IP were, it was too far away, who named it must not name such addresses
   * (`scope`), nobody can be there, it is this node, its id was named at too many addresses.
   */
  readonly why?: 'not-needed' | 'same-ip' | 'too-far' | 'scope' | 'unusable' | 'self' | 'same-id'
  /** How often it was asked. */
  readonly queries: number
  /** From the first query to the answer. */
  readonly ms?: number
  /** Nodes that it named, and how many of those were new. */
  readonly named: number
  readonly fresh: number
  readonly peers: number
}

/** Estimates from filters of 2,048 bits: good to some percent up to 6,000. */
export interface ScrapeSummary {
  readonly seeds: number
  readonly downloaders: number
  /** A filter is full: there are more. */
  readonly saturated: boolean
}

/** What went wrong: a stable code and one sentence, and where known who is concerned. */
export interface Trouble extends Partial<Endpoint> {
  readonly torrent?: string
  readonly code: ErrorCode
  readonly message: string
  readonly reason?: string
}

/** What happens, as a discriminated union on `type`. `torrent` is the info-hash concerned, in hex. */
export type LodestoneEvent =
  | { readonly type: 'ready'; readonly nodes: number; readonly ms: number }
  | ({ readonly type: 'network' } & NetworkSummary)
  /** The node at this bound address has another id, as its IP demands (BEP 42). */
  | ({ readonly type: 'node-id'; readonly nodeId: string } & Endpoint)
  | ({ readonly type: 'lookup' } & LookupSummary)
  | ({ readonly type: 'peer'; readonly torrent: string; readonly source: PeerSource } & Endpoint)
  | ({ readonly type: 'metadata'; readonly torrent: string } & MetadataSummary)
  /** Other files are to be downloaded than before, or with other priorities. */
  | { readonly type: 'selection'; readonly torrent: string; readonly files: readonly FilePlan[] }
  /** Its files are in this folder (absolute) from now on; what was in the old one is being removed. */
  | {
      readonly type: 'moved'
      readonly torrent: string
      readonly out: string
      readonly files: readonly FilePlan[]
    }
  | ({ readonly type: 'done'; readonly torrent: string } & DoneSummary)
  | { readonly type: 'seeding'; readonly torrent: string; readonly infoHash: string; readonly magnet: string }
  /** It waits for its turn, or has it again. */
  | { readonly type: 'queue'; readonly torrent: string; readonly queued: boolean }
  /** It has seeded enough and is removed. */
  | ({ readonly type: 'seeded'; readonly torrent: string } & SeededSummary)
  | ({ readonly type: 'warning' } & Trouble)
  /** The torrent cannot go on; `kind` is that of the `LodestoneError` that its promises reject with. */
  | ({ readonly type: 'error'; readonly kind: ErrorKind } & Trouble)

export type EventOf<T extends LodestoneEvent['type']> = Extract<LodestoneEvent, { readonly type: T }>

/** Events as they happen, for one reader. */
export interface EventStream extends AsyncIterable<LodestoneEvent> {
  /** How many a slow reader has missed: the oldest of 10,000 that wait are dropped. */
  readonly dropped: number
}
