/** What the user asks of a session: plain data, so that a run can be recorded and replayed. */
import type { FileRange } from '../codec/file-ranges.ts'
import type { Item } from '../codec/item.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { PutRequest } from '../dht/lookup/lookup-request.ts'
import { SEED_CHOKINGS, type SeedChoking } from '../swarm/choke-policy.ts'
import type { Version } from './events.ts'
import type { FileChange } from './file-change.ts'
import type { OlderFile } from './older-files.ts'

/** Of the machines, for whoever gives commands. */
export { SEED_CHOKINGS, type SeedChoking }

export type Command =
  | {
      readonly kind: 'add'
      readonly torrent: number
      readonly source: TorrentSource
      readonly options: AddOptions
    }
  /** `files`: what it has put on the disk goes with it. */
  | { readonly kind: 'remove'; readonly torrent: number; readonly files?: boolean }
  | { readonly kind: 'add-peer'; readonly torrent: number; readonly host: string; readonly port: number }
  /** The same torrent was given again: its peers and the files that it asks for come on top. */
  | {
      readonly kind: 'merge'
      readonly torrent: number
      readonly source: TorrentSource
      readonly select: readonly FileRange[]
    }
  | { readonly kind: 'select'; readonly torrent: number; readonly change: FileChange }
  /** Its files go to another folder; answered by `move-ended`. */
  | { readonly kind: 'relocate'; readonly torrent: number; readonly out: string }
  /** Bytes `begin` to `end` of the content are read as they arrive, each part (answered by `read`) when `read-on` asks for it. */
  | {
      readonly kind: 'read'
      readonly torrent: number
      readonly read: number
      readonly begin: number
      readonly end: number
    }
  | { readonly kind: 'read-on'; readonly torrent: number; readonly read: number }
  | { readonly kind: 'end-read'; readonly torrent: number; readonly read: number }
  | LimitsCommand
  /** To this place, from 0, in the order in which torrents have their turns. */
  | { readonly kind: 'move'; readonly torrent: number; readonly place: number }
  | {
      readonly kind: 'lookup'
      readonly lookup: number
      readonly target: Id
      readonly want: 'peers' | 'nodes' | 'samples' | 'item'
      /** Announces this port at the end; absent: does not announce. */
      readonly announce?: number
      /** Asks how many seeds and others there are (BEP 33). */
      readonly scrape?: boolean
      /** Says whom it heard of and what became of them. */
      readonly explain?: boolean
      /** That of a mutable item (BEP 44); absent: none. */
      readonly salt?: Uint8Array
      /** Puts this item at the end, only over version `cas` where there is one. */
      readonly put?: PutRequest
    }
  /** Keeps an item in the DHT that has been put, in this run and the next ones, until it is dropped; answered by `kept`. */
  | { readonly kind: 'keep-item'; readonly keep: number; readonly item: Item }
  | { readonly kind: 'drop-item'; readonly target: Id }
  /** Tells each newer version of an item (BEP 46), by this number, until it is unfollowed. */
  | { readonly kind: 'follow-item'; readonly follow: number; readonly target: Id; readonly salt: Uint8Array }
  | { readonly kind: 'unfollow-item'; readonly follow: number }
  | VersionCommand
  | { readonly kind: 'cancel-lookup'; readonly lookup: number }
  | { readonly kind: 'ping'; readonly ping: number; readonly host: string; readonly port: number }
  | { readonly kind: 'add-node'; readonly host: string; readonly port: number }
  | { readonly kind: 'stop' }

/** What is asked of a torrent that is there. */
export type TorrentCommand = Extract<
  Command,
  { readonly kind: 'add-peer' | 'merge' | 'select' | 'relocate' | 'read' | 'read-on' | 'end-read' }
>

/** Bytes a second, `Infinity`: none; of this torrent, or of all together. */
export interface LimitsCommand {
  readonly kind: 'limits'
  readonly torrent?: number
  readonly download: number
  readonly upload: number
}

/** Of the torrent that changes (BEP 46) whose item is `target`; answered by `versions`. */
export type VersionCommand =
  /** What have its versions left in this folder? */
  | { readonly kind: 'recall-versions'; readonly recall: number; readonly target: Id; readonly out: string }
  /** This one is about to be begun. */
  | {
      readonly kind: 'remember-version'
      readonly recall: number
      readonly target: Id
      readonly version: Version
    }

export type LookupCommand = Extract<Command, { readonly kind: 'lookup' }>

export type ItemCommand = Extract<
  Command,
  { readonly kind: 'keep-item' | 'drop-item' | 'follow-item' | 'unfollow-item' }
>

/** What is known of a torrent: the info dictionary's raw bytes, or its hash alone. */
export interface TorrentSource {
  readonly infoHash: Id
  /** SHA-256 of the info dictionary, where that was given: `infoHash` may be its first 20 bytes (BEP 52). */
  readonly v2Hash?: Uint8Array | undefined
  readonly metadata: Uint8Array | undefined
  /** Of a torrent of version 2: 32 bytes for each piece. */
  readonly layers?: Uint8Array | undefined
  readonly name: string | undefined
  readonly peers: readonly { readonly host: string; readonly port: number }[]
  /** Files that the link asks for (`so`, BEP 53); absent or none: all. */
  readonly select?: readonly FileRange[]
  /** DHT nodes of the `.torrent` (BEP 5, "Torrent file extensions"). */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** Trackers that it names, tier by tier (BEP 12); absent: none. */
  readonly trackers?: readonly (readonly string[])[]
  /** Web servers that have its content (BEP 19); absent: none. */
  readonly webSeeds?: readonly string[]
}

/** When a torrent that is complete has seeded enough: at the first of these; absent: never. */
export interface SeedLimits {
  /** Uploaded payload bytes by those of the content; at least 0. */
  readonly seedRatio?: number
  /** Since it is complete. */
  readonly seedTime?: Micros
}

/** How files come to their length: as they are written, at once with holes, or at once in full. */
export type Allocation = 'none' | 'sparse' | 'full'

export interface AddOptions extends SeedLimits {
  readonly out: string
  /** `download`: until complete, then it seeds; `seed`: what is on disk; `metadata`: fetch the metadata alone. */
  readonly mode: 'download' | 'seed' | 'metadata' | 'trial'
  readonly overwrite: boolean
  /** What older versions of it wrote: as long as nobody has changed it, it may be written over and removed; else it stays. */
  readonly replaces?: readonly OlderFile[]
  readonly recheck: boolean
  readonly maxPeers: number
  /** Bytes a second of this torrent; absent: none but the session's. */
  readonly downloadLimit?: number
  readonly uploadLimit?: number
  /** Whom it serves while it seeds; by default all by turns. */
  readonly seedChoking?: SeedChoking
  /** A seed shows each peer only what that is to pass on (BEP 16). */
  readonly superSeed?: boolean
  /** Default: sparse. */
  readonly allocation?: Allocation | undefined
  /** Pieces are begun in their order. */
  readonly sequential?: boolean
  /** Files to download, by their index (BEP 53); absent or none: those of the source. */
  readonly select?: readonly FileRange[]
  /** Trackers that the user named, besides those of the source: used whether the others are or not. */
  readonly trackers?: readonly string[]
  /** The same of web servers. */
  readonly webSeeds?: readonly string[]
}
