import { decodeMetadataMessage, encodeMetadataMessage } from '../../codec/extended.ts'
import { BLOCK_LENGTH } from '../../core/geometry.ts'
import { MINUTE, type Micros, NEVER } from '../../core/time.ts'
import type { Link } from '../link.ts'
import { MEMORY_DELAY } from '../outbox.ts'
import type { ExtensionHandshake } from './extension-handshake.ts'

/** A second malformed message ends the connection. */
const TOLERATED_FAULTS = 1

/** Metadata messages of both directions (BEP 9). What the bytes are worth is the owner's affair. */
export class MetadataExchange<Peer> {
  readonly #link: Link<Peer>
  readonly #handshake: ExtensionHandshake<Peer>
  /** Pieces of ours that the remote asked for, oldest first. */
  readonly #queue: number[] = []
  /** Pieces that we asked for. */
  readonly #asked = new Set<number>()
  /** Bytes of our metadata, `undefined` while we have none. */
  #size: number | undefined
  #faults = 0
  /** Requests passed over, one after the other, since the remote does not take what it was answered. */
  #unread = 0
  /** Pieces served in the minute that began at `#minute`. */
  #served = 0
  #minute: Micros = 0

  constructor(link: Link<Peer>, handshake: ExtensionHandshake<Peer>) {
    this.#link = link
    this.#handshake = handshake
    this.#size = link.terms.metadataSize
  }

  sizeKnown(size: number | undefined): void {
    this.#size = size
  }

  /** Asks for `piece`; false when the remote takes no such requests or enough are outstanding. */
  request(now: Micros, piece: number): boolean {
    if (this.#handshake.metadataId === 0 || this.#asked.size >= this.#link.options.maxMetadataRequests)
      return false
    this.#asked.add(piece)
    this.#send(now, { kind: 'request', piece })
    return true
  }

  data(now: Micros, piece: number, totalSize: number, bytes: Uint8Array): void {
    this.#send(now, { kind: 'data', piece, totalSize, bytes })
  }

  reject(now: Micros, piece: number): void {
    this.#link.counters.metadataRefused += 1
    this.#send(now, { kind: 'reject', piece })
  }

  receive(now: Micros, payload: Uint8Array): void {
    const { owner, peer, counters } = this.#link
    const message = decodeMetadataMessage(payload)
    if (!message) {
      this.#fault(now)
      return
    }
    if (message.kind === 'unknown') counters.metadataIgnored += 1
    else if (message.kind === 'request') this.#requested(now, message.piece)
    else if (!this.#asked.delete(message.piece)) this.#unasked(now, message.piece)
    else if (message.kind === 'reject') owner.metadataRejected(peer, now, message.piece)
    else owner.metadataData(peer, now, message.piece, message.totalSize, message.bytes)
  }

  /** Hands queued requests to the owner as `Uploads.settle` does, each when the answer before it was taken; returns the same. */
  settle(now: Micros): Micros {
    const { owner, peer, outbox, limits } = this.#link
    while (this.#queue.length > 0 && outbox.unsent < BLOCK_LENGTH) {
      if (!outbox.hasMemory(BLOCK_LENGTH)) return now + MEMORY_DELAY
      if (!limits.up.ready(now)) return limits.up.readyAt(now)
      owner.metadataRequested(peer, now, this.#queue.shift()!)
    }
    return NEVER
  }

  #requested(now: Micros, piece: number): void {
    const { terms, counters, options } = this.#link
    if (terms.private || this.#handshake.metadataId === 0) {
      counters.metadataIgnored += 1
      return
    }
    const pieces = Math.ceil((this.#size ?? 0) / BLOCK_LENGTH)
    if (now >= this.#minute + MINUTE) {
      this.#minute = now
      this.#served = 0
    }
    const flooding =
      this.#served >= options.metadataRounds * pieces || this.#queue.length >= options.maxMetadataQueue
    if (piece < 0 || piece >= pieces || flooding) {
      this.#refuse(now, piece)
      return
    }
    this.#served += 1
    this.#queue.push(piece)
  }

  /** By a reject while the remote takes what it is told: for who only asks they would pile up (FR12). */
  #refuse(now: Micros, piece: number): void {
    const { outbox, counters, options } = this.#link
    if (outbox.unsent < BLOCK_LENGTH && outbox.hasMemory(0)) {
      this.#unread = 0
      this.reject(now, piece)
      return
    }
    counters.metadataIgnored += 1
    this.#unread += 1
    if (this.#unread > options.maxBadRequests) this.#link.fail(now, 'wire/not-reading')
  }

  /** Late or invented: not looked at; beyond what the remote itself claims to have, it is a fault. */
  #unasked(now: Micros, piece: number): void {
    const { remote, counters } = this.#link
    counters.metadataIgnored += 1
    const claimed = remote.metadataSize
    if (piece < 0 || (claimed !== undefined && piece >= Math.ceil(claimed / BLOCK_LENGTH))) this.#fault(now)
  }

  #fault(now: Micros): void {
    this.#link.counters.metadataIgnored += 1
    this.#faults += 1
    if (this.#faults > TOLERATED_FAULTS) this.#link.fail(now, 'wire/bad-metadata-message')
  }

  #send(now: Micros, message: Parameters<typeof encodeMetadataMessage>[0]): void {
    const id = this.#handshake.metadataId
    if (id > 0) this.#link.outbox.extended(now, id, encodeMetadataMessage(message))
  }
}
