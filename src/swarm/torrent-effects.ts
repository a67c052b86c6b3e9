/** What a torrent asks of the session that holds it. */
import type { Address } from '../core/address.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import type { PeerSource } from './peer-pool.ts'

export interface StoreFailure {
  readonly code: ErrorCode
  /** One sentence for a person. */
  readonly message: string
}

/** An answer of the store, in a later input. `failure` undefined: it went well. */
export type StoreDone<T> = (now: Micros, value: T | undefined, failure: StoreFailure | undefined) => void

/** The torrent's bytes: piece memory below, files under it. No machine sees them. */
export interface PieceStore {
  /** Nothing can be written to it: what is lost of it is not fetched again. */
  readonly readOnly?: boolean
  /** Copies arriving bytes into the memory of `piece`. `view` is lent. */
  write(piece: number, offset: number, view: Uint8Array): void
  /** SHA-1 of the whole piece, from memory or from the files. */
  hash(piece: number, done: StoreDone<Uint8Array>): void
  /** SHA-1 of each block (20 bytes) of a range that begins with one, from memory or from the files. */
  digests(piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void
  /** The same with SHA-256 (32 bytes each), the leaves of BEP 52; of no bytes there are none. */
  leaves(piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void
  /** Writes a range of a piece's memory to the files. */
  flush(piece: number, begin: number, length: number, done: StoreDone<undefined>): void
  /** Gives up a range of a piece's memory. */
  release(piece: number, begin: number, length: number): void
  /** A view for sending. */
  read(piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void
  /** `piece` is about to be written: for the resume journal. Answered even when the journal fails. */
  recordWriting(piece: number, done: (now: Micros) => void): void
  /** The write of `piece` returned and its hash was right: for the resume journal. */
  recordWritten(now: Micros, piece: number): void
  /** `piece` is no longer had. */
  recordDropped(piece: number): void
}

export interface TorrentEffects {
  /** Opens a stream within `timeout`; answered by `Torrent.dialFailed` or by the peer itself. False: no place left. */
  dial(address: Address, timeout: Micros): boolean
  /** Where others see us, as far as it is known, before where we are bound. */
  own(): readonly Address[]
  /** The torrent has work for `settle`, or its deadline changed. */
  touch(): void
  event(event: TorrentEvent): void
}

export type TorrentEvent =
  /** A peer became known; `encrypts`: it is said to like streams to be encrypted. */
  | {
      readonly kind: 'peer'
      readonly address: Address
      readonly source: PeerSource
      readonly encrypts?: boolean
    }
  /** A peer has done its handshake. */
  | { readonly kind: 'connected'; readonly address: Address }
  /** The info dictionary is whole and its hash right. `bytes` are the receiver's. */
  | { readonly kind: 'metadata'; readonly bytes: Uint8Array }
  /** Of a torrent of version 2 whose info dictionary is known the hashes of all pieces are now, 32 bytes each; a live view. */
  | { readonly kind: 'layers'; readonly bytes: Uint8Array }
  /** Every piece is verified and written. */
  | { readonly kind: 'complete' }
  /** Found to have sent what is false; `banned`: refused from now on, else left alone for a while. */
  | { readonly kind: 'liar'; readonly address: Address; readonly reason: string; readonly banned: boolean }
  /** The disk refuses: no more is requested until `recovered`. `fatal`: nothing was written yet. */
  | { readonly kind: 'trouble'; readonly failure: StoreFailure; readonly fatal: boolean }
  | { readonly kind: 'recovered' }
  /** A piece cannot be right, whoever sends it: its padding is none (BEP 47), or its hashes of both versions are of different bytes. */
  | { readonly kind: 'inconsistent'; readonly piece: number; readonly by: 'padding' | 'versions' }
  /** What is on disk could not be read to send it. */
  | { readonly kind: 'unreadable'; readonly failure: StoreFailure }
  /** What is on disk of a piece is something else than it was. */
  | { readonly kind: 'rotten'; readonly piece: number; readonly refetched: boolean }
  /** A peer runs a DHT node here (PORT message). */
  | { readonly kind: 'dht-node'; readonly address: Address }
