import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey } from './piece-tracker.ts'

export interface MetadataInit {
  readonly infoHash: Id
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly options: SwarmOptions
}

export interface MetadataRequest {
  readonly peer: PeerKey
  readonly piece: number
}

/** Someone who supplied wrong metadata. `exclude`: left alone for a while; `ban`: the second time. */
export interface MetadataLiar {
  readonly peer: PeerKey
  readonly who: string
  readonly verdict: 'exclude' | 'ban'
}

export declare class MetadataAssembly {
  constructor(init: MetadataInit)
  /** The verified info dictionary once it is there. */
  get metadata(): Uint8Array | undefined
  /** `size` is the peer's claim, `who` its endpoint: offences stay with it when it reconnects under another key. */
  join(now: Micros, peer: PeerKey, size: number, who: string): void
  gone(now: Micros, peer: PeerKey): void
  /** New requests to send now, booked. Call after any other input. */
  requests(now: Micros): MetadataRequest[]
  /** `bytes` are lent. `strike`: it broke the rules. */
  data(
    now: Micros,
    peer: PeerKey,
    piece: number,
    totalSize: number | undefined,
    bytes: Uint8Array,
  ): 'kept' | 'ignored' | 'strike' | 'complete'
  rejected(now: Micros, peer: PeerKey, piece: number): void
  tick(now: Micros): void
  nextDeadline(): Micros
  /** Who was found lying since the last call. */
  liars(): MetadataLiar[]
}
