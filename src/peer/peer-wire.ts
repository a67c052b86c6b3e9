import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import type { RateMeter } from '../core/rate.ts'
import type { Micros } from '../core/time.ts'
import type { CloseReason, Severity } from './close-reasons.ts'
import type { Init, Owner, StreamEffects, Terms } from './peer-owner.ts'
import type { Remote } from './remote.ts'

export type PeerEffects = StreamEffects
export type PeerOwner = Owner<PeerWire>
export type PeerTerms = Terms<PeerWire>
export type PeerInit = Init<PeerWire>

/** One BitTorrent connection (BEP 3, 6, 9, 10), from the open stream to its end. */
export declare class PeerWire {
  readonly address: Address
  readonly outgoing: boolean
  readonly remote: Remote
  readonly down: RateMeter
  readonly up: RateMeter
  readonly counters: Readonly<Record<string, number>>

  constructor(init: PeerInit)

  get ready(): boolean
  get closeReason(): CloseReason | undefined
  get pieces(): Bitfield | undefined
  get amChoking(): boolean
  get amInterested(): boolean
  get choking(): boolean
  get interested(): boolean
  get outstanding(): number
  get depth(): number
  get snubbed(): boolean

  receive(now: Micros, chunk: Uint8Array): void
  sent(now: Micros, bytes: number): void
  streamClosed(now: Micros, reason: CloseReason): void
  tick(now: Micros): void
  nextDeadline(): Micros
  settle(now: Micros): void

  geometryKnown(now: Micros, geometry: Geometry, ours: Bitfield): void
  metadataSizeKnown(now: Micros, size: number): void
  choke(now: Micros): void
  unchoke(now: Micros): void
  setInterested(now: Micros, interested: boolean): void
  announceHave(now: Micros, piece: number): void
  wantsRequests(now: Micros): boolean
  mayRequest(piece: number): boolean
  request(now: Micros, piece: number, begin: number, length: number): boolean
  cancel(now: Micros, piece: number, begin: number, length: number): void
  cancelAll(now: Micros): void
  refillSoon(): void
  deliver(now: Micros, piece: number, begin: number, length: number, view: Uint8Array): void
  refuse(now: Micros, piece: number, begin: number, length: number): void
  requestMetadata(now: Micros, piece: number): boolean
  sendMetadata(now: Micros, piece: number, totalSize: number, bytes: Uint8Array): void
  rejectMetadata(now: Micros, piece: number): void
  sendPort(now: Micros, port: number): void
  close(now: Micros, reason: CloseReason, severity?: Severity): void
}
