/** What a session reports: plain data, emitted after the round in which it happened. */
import type { HashSample } from '../codec/hash-sample.ts'
import type { Item } from '../codec/item.ts'
import type { Address } from '../core/address.ts'
import type { ErrorCode, ErrorKind } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { LookupEnd, WalkStep } from '../dht/lookup/lookup-request.ts'
import type { PeerSource } from '../swarm/peer-pool.ts'
import type { Priority } from './file-change.ts'
import type { Network } from './network.ts'
import type { OlderFile } from './older-files.ts'
import type { Finding, Spent } from './why/finding.ts'

export type { Network, PeerSource }

export interface LocatedFile {
  /** In the info dictionary. */
  readonly index: number
  readonly path: string
  readonly length: number
  /** Whether it is wanted, */
  readonly selected: boolean
  /** and how much. */
  readonly priority: Priority
}

/** A version of a torrent that changes. */
export interface Version {
  readonly infoHash: Id
  readonly seq: bigint
}

export type SessionEvent =
  /** Sockets accept. One per bound address. */
  | { readonly kind: 'listening'; readonly address: Address; readonly nodeId: Id | undefined }
  /** The node of this bound address has another id, which fits the IP that others see (BEP 42). */
  | { readonly kind: 'node-id'; readonly address: Address; readonly nodeId: Id }
  /** What the nodes know of their networks is something else than before. */
  | { readonly kind: 'network'; readonly network: Network }
  /** The session could not be had (a port was taken, say); it is stopped. */
  | { readonly kind: 'failed'; readonly error: ErrorKind; readonly code: ErrorCode; readonly message: string }
  /** Bootstrapped; `nodes` good contacts. */
  | { readonly kind: 'ready'; readonly nodes: number; readonly elapsed: Micros }
  | {
      readonly kind: 'lookup-peers'
      readonly lookup: number
      readonly peers: readonly Address[]
    }
  /** What one node keeps (BEP 51). */
  | {
      readonly kind: 'lookup-sample'
      readonly lookup: number
      readonly from: Address
      readonly sample: HashSample
    }
  /** An item will be kept, and that is on disk, if there is a state folder. */
  | { readonly kind: 'kept'; readonly keep: number }
  /** A followed item (BEP 46): the first version that was found, or a newer one. */
  | { readonly kind: 'followed'; readonly follow: number; readonly target: Id; readonly item: Item }
  /** What the versions of a torrent have left in a folder, and the newest that has been there; or one is remembered. */
  | {
      readonly kind: 'versions'
      readonly recall: number
      readonly newest: Version | undefined
      readonly files: readonly OlderFile[]
    }
  /** An item, verified (BEP 44): the first, or a newer version. */
  | { readonly kind: 'lookup-item'; readonly lookup: number; readonly target: Id; readonly item: Item }
  | {
      readonly kind: 'lookup'
      /** The command's number; 0 when the session itself looked. */
      readonly lookup: number
      readonly target: Id
      readonly queries: number
      readonly responses: number
      readonly peers: number
      readonly elapsed: Micros
      /** Nodes that took the announce, or the item. */
      readonly announced: number
      /** The KRPC error that most of those gave who refused; absent: nobody did. */
      readonly refusal?: number
      /** Nodes that hold the newest version of the item. */
      readonly copies?: number
      readonly closest: readonly { readonly id: Id; readonly address: Address }[]
      /** The least of all nodes that looked, where known (`LookupResult`), and whether any of them found cause for alarm. */
      readonly confidence?: number
      readonly suspicious: boolean
      /** How many there are, as filters of 256 bytes (BEP 33), when that was asked for. */
      readonly scraped?: { readonly seedFilter: Uint8Array; readonly peerFilter: Uint8Array }
      /** What became of whom it heard of, for each node that looked, when that was asked for. */
      readonly walks?: readonly Walked[]
    }
  | {
      readonly kind: 'pong'
      readonly ping: number
      readonly elapsed: Micros
      readonly nodeId: Id | undefined
    }
  | {
      readonly kind: 'peer'
      readonly torrent: number
      readonly address: Address
      readonly source: PeerSource
    }
  | {
      readonly kind: 'metadata'
      readonly torrent: number
      /** The info dictionary's raw bytes, verified. */
      readonly bytes: Uint8Array
      /** Of version 2: 32 bytes for each piece, as far as they are known by now. */
      readonly layers: Uint8Array | undefined
    }
  /** These are known from now on. */
  | { readonly kind: 'layers'; readonly torrent: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'files'
      readonly torrent: number
      /** As they are or will be written, in the order of the metainfo; pad files left out. */
      readonly files: readonly LocatedFile[]
    }
  /** Other files are wanted than before, or more or less so. */
  | { readonly kind: 'selected'; readonly torrent: number; readonly files: readonly LocatedFile[] }
  /** Its files are in this folder from now on. */
  | {
      readonly kind: 'moved'
      readonly torrent: number
      readonly out: string
      readonly files: readonly LocatedFile[]
    }
  /** A move that was asked for is over; with a failure all is where it was. */
  | {
      readonly kind: 'move-ended'
      readonly torrent: number
      readonly failure: { readonly code: ErrorCode; readonly message: string } | undefined
    }
  /** What a reader asked for; `bytes` are the receiver's to read, not to change. */
  | {
      readonly kind: 'read'
      readonly torrent: number
      readonly read: number
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'read-failed'
      readonly torrent: number
      readonly read: number
      readonly code: ErrorCode
      readonly message: string
    }
  /** All wanted pieces verified and handed to the kernel. */
  | { readonly kind: 'done'; readonly torrent: number; readonly wasted: number }
  | { readonly kind: 'seeding'; readonly torrent: number }
  /** It waits for its turn, or has it again: so many may be active. */
  | { readonly kind: 'queue'; readonly torrent: number; readonly queued: boolean }
  /** It has seeded as much as its limits ask for; `removed` follows when its resume data is safe. */
  | {
      readonly kind: 'seeded'
      readonly torrent: number
      readonly limit: 'ratio' | 'time'
      /** Payload bytes. */
      readonly uploaded: number
      /** Bytes of the content. */
      readonly length: number
      /** For how long it was complete. */
      readonly elapsed: Micros
    }
  | {
      readonly kind: 'warning'
      readonly torrent: number | undefined
      readonly code: ErrorCode
      readonly message: string
      readonly address?: Address
      readonly reason?: string
    }
  /** The torrent cannot go on. */
  | {
      readonly kind: 'error'
      readonly torrent: number
      readonly error: ErrorKind
      readonly code: ErrorCode
      readonly message: string
    }
  | { readonly kind: 'removed'; readonly torrent: number }
  | { readonly kind: 'stopped' }

/** The way of one node's look-up. */
export interface Walked {
  readonly ended: LookupEnd
  readonly steps: readonly WalkStep[]
}

/** When a torrent first came to each stage, since it was added; absent: not yet. */
export interface TorrentStages {
  readonly added: 0
  /** The DHT had somebody who answers. */
  readonly node?: Micros
  /** A peer had done its handshake. */
  readonly peer?: Micros
  readonly metadata?: Micros
  /** What is on disk was known. */
  readonly checked?: Micros
  /** Payload. */
  readonly firstByte?: Micros
  /** Verified and written in this run. */
  readonly firstPiece?: Micros
  readonly complete?: Micros
}

/** Connected peers, and how they are spoken to. */
export interface Connections {
  readonly peers: number
  /** Of those: their handshake was encrypted (MSE), whatever of the rest is. */
  readonly encrypted: number
  /** And: they are met over uTP (BEP 29). */
  readonly utp: number
  /** Peers that a relay has brought us together with (BEP 55), since the beginning. */
  readonly punched: number
}

/** A torrent at a glance; polled, not emitted. Rates in bytes per second. */
export interface TorrentProgress extends Connections {
  readonly phase:
    | 'queued'
    | 'starting'
    | 'bootstrapping'
    | 'looking-up'
    | 'metadata'
    | 'checking'
    | 'downloading'
    | 'seeding'
    | 'paused'
    | 'waiting'
    | 'failed'
  /** Bytes of verified pieces. */
  readonly verified: number
  /** `undefined` before the metadata. */
  readonly total: number | undefined
  readonly down: number
  readonly up: number
  readonly uploaded: number
  /** Payload bytes received, wasted ones included. */
  readonly received: number
  readonly wasted: number
  /** 0 to 1 while checking. */
  readonly checked: number
  /** What took most of its last ten seconds, one phrase (that of the first finding); empty when it wants nothing. */
  readonly why: string
  /** What its last ten seconds went to, most of it first. */
  readonly findings: readonly Finding[]
  readonly spent: Spent
  readonly stages: TorrentStages
}
