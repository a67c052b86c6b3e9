import { MINUTE, SECOND } from '../core/time.ts'

/** Limits of one connection, and its manners. Times are microseconds, lengths bytes. */
export interface PeerOptions {
  /** From the open stream to both handshakes done; absolute. */
  readonly handshakeTimeout: number
  /** Whether we like streams to be encrypted, which is said to the remote (BEP 10, `e`). */
  readonly encrypts: boolean
  /** Silence of the remote that ends the connection (BEP 3). */
  readonly idleTimeout: number
  /** Own silence after which a keep-alive is sent. */
  readonly keepAliveAfter: number
  /** Time without any byte leaving, while some wait, that ends the connection. */
  readonly sendTimeout: number
  /** How long it may wait to be said what the remote could do nothing with at present. */
  readonly announceDelay: number
  /** Longest frame, whatever its kind. */
  readonly maxFrame: number
  /** Longest extended message that is looked at; longer ones are skipped as they come. */
  readonly maxExtended: number
  /** Longest metadata message (BEP 9). */
  readonly maxMetadataMessage: number
  /** Pieces that a remote may claim before the metadata is known. */
  readonly maxPieces: number

  /** Outstanding requests at the start. */
  readonly startDepth: number
  /** Most outstanding requests, whatever the remote allows. */
  readonly maxDepth: number
  /** What a remote is taken to queue when it does not say (`reqq`, BEP 10). */
  readonly defaultRequestQueue: number
  /** Work that is kept queued at the remote beyond the round trip. */
  readonly targetQueue: number
  /** Time for a block before any has come, and bounds of the adaptive time. */
  readonly firstBlockTimeout: number
  readonly minBlockTimeout: number
  readonly maxBlockTimeout: number
  /** Age at which a request is given up although other blocks arrive. */
  readonly maxBlockAge: number
  /** How long, and how many, blocks that were given up are remembered, so that late ones are known. */
  readonly lateMemory: number
  readonly maxLate: number
  /** Pause after a reject, doubled by each one that follows without a block, and its bound. */
  readonly rejectRest: number
  readonly maxRejectRest: number
  /** Blocks that nobody asked for, from a remote without BEP 6. */
  readonly maxUnrequested: number

  /** Requests of the remote that are queued: what we advertise, and the hard limit. */
  readonly requestQueue: number
  readonly maxRequestQueue: number
  /** Longest block that is served, and longest request that is tolerated. */
  readonly maxServed: number
  readonly maxRequest: number
  /** Requests that could not be served (not choking, then choking) before the connection ends. */
  readonly maxBadRequests: number
  /** How long after our choke requests are tolerated. */
  readonly chokeGrace: number
  /** Bytes not yet taken by the kernel (or being read) up to which more blocks are served to a remote that takes them fast. */
  readonly watermark: number
  /** Blocks being read at a time: however short, each may keep a mebibyte in memory. */
  readonly maxServing: number
  /** What may wait beyond the watermark before a remote counts as not reading. */
  readonly maxBacklog: number

  /** Pieces granted by BEP 6, how often each of their blocks is served, how many grants are kept. */
  readonly allowedFast: number
  readonly allowedFastRounds: number
  readonly maxAllowedFast: number
  /** Suggestions that are kept. */
  readonly maxSuggested: number

  /** Metadata requests of the remote that wait; asked of it at a time; rounds served per minute (BEP 9). */
  readonly maxMetadataQueue: number
  readonly maxMetadataRequests: number
  readonly metadataRounds: number

  /** Hash requests of the remote that wait; asked of it at a time (BEP 52). */
  readonly maxHashQueue: number
  readonly maxHashRequests: number

  /** Unknown messages per minute. */
  readonly maxUnknownPerMinute: number
  /** Messages that change nothing: how many at once, and time in which one is forgotten. */
  readonly uselessBurst: number
  readonly uselessForgotten: number
}

export const defaultPeerOptions: Readonly<PeerOptions> = Object.freeze({
  handshakeTimeout: 10 * SECOND,
  encrypts: false,
  idleTimeout: 2 * MINUTE,
  keepAliveAfter: 90 * SECOND,
  sendTimeout: 2 * MINUTE,
  announceDelay: 4 * SECOND,
  maxFrame: 1 << 20,
  maxExtended: 65_536,
  maxMetadataMessage: 17 * 1024,
  maxPieces: 0x200000,

  startDepth: 8,
  maxDepth: 500,
  defaultRequestQueue: 250,
  targetQueue: SECOND,
  firstBlockTimeout: 10 * SECOND,
  minBlockTimeout: 2 * SECOND,
  maxBlockTimeout: MINUTE,
  maxBlockAge: 2 * MINUTE,
  lateMemory: MINUTE,
  maxLate: 1024,
  rejectRest: SECOND / 4,
  maxRejectRest: MINUTE,
  maxUnrequested: 10,

  requestQueue: 500,
  maxRequestQueue: 2000,
  maxServed: 16_384,
  maxRequest: 131_072,
  maxBadRequests: 300,
  chokeGrace: 2 * SECOND,
  watermark: 512 * 1024,
  maxServing: 32,
  maxBacklog: 256 * 1024,

  allowedFast: 10,
  allowedFastRounds: 3,
  maxAllowedFast: 100,
  maxSuggested: 16,

  maxMetadataQueue: 64,
  maxMetadataRequests: 8,
  metadataRounds: 2,

  maxHashQueue: 64,
  maxHashRequests: 8,

  maxUnknownPerMinute: 100,
  uselessBurst: 60,
  uselessForgotten: 5 * SECOND,
})
