import { PEX_LIMIT } from '../codec/peer-exchange.ts'
import { isLegalLength, MESSAGE } from '../codec/wire.ts'
import { readUint16, readUint32 } from '../core/bytes.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import type { Availability } from './availability.ts'
import type { WireReason } from './close-reasons.ts'
import type { Downloads } from './downloads.ts'
import { DONT_HAVE_LENGTH, type DontHave } from './extensions/dont-have.ts'
import {
  DONT_HAVE_ID,
  type ExtensionHandshake,
  METADATA_ID,
  PEX_ID,
  UPLOAD_ONLY_ID,
  UPLOAD_ONLY_LENGTH,
} from './extensions/extension-handshake.ts'
import type { HashExchange } from './extensions/hash-exchange.ts'
import type { MetadataExchange } from './extensions/metadata-exchange.ts'
import type { PeerExchange } from './extensions/peer-exchange.ts'
import type { FrameSink } from './framer.ts'
import type { Link } from './link.ts'
import type { Suggestions } from './suggestions.ts'
import type { Uploads } from './uploads.ts'

const BAD_LENGTH: ReadonlyMap<number, WireReason> = new Map<number, WireReason>([
  [MESSAGE.choke, 'wire/bad-length-state'],
  [MESSAGE.unchoke, 'wire/bad-length-state'],
  [MESSAGE.interested, 'wire/bad-length-state'],
  [MESSAGE.notInterested, 'wire/bad-length-state'],
  [MESSAGE.have, 'wire/bad-length-have'],
  [MESSAGE.bitfield, 'wire/bad-length-bitfield'],
  [MESSAGE.request, 'wire/bad-length-request'],
  [MESSAGE.piece, 'wire/bad-length-piece'],
  [MESSAGE.cancel, 'wire/bad-length-cancel'],
  [MESSAGE.port, 'wire/bad-length-port'],
  [MESSAGE.suggest, 'wire/bad-length-suggest'],
  [MESSAGE.haveAll, 'wire/bad-length-state'],
  [MESSAGE.haveNone, 'wire/bad-length-state'],
  [MESSAGE.reject, 'wire/bad-length-reject'],
  [MESSAGE.allowedFast, 'wire/bad-length-allowed-fast'],
  [MESSAGE.extended, 'wire/bad-length-extended'],
  [MESSAGE.hashRequest, 'wire/bad-length-hashes'],
  [MESSAGE.hashes, 'wire/bad-length-hashes'],
  [MESSAGE.hashReject, 'wire/bad-length-hashes'],
])

/** Messages of BEP 6. */
const FAST: ReadonlySet<number> = new Set([
  MESSAGE.suggest,
  MESSAGE.haveAll,
  MESSAGE.haveNone,
  MESSAGE.reject,
  MESSAGE.allowedFast,
])

/** Messages of BEP 52. */
const HASHES: ReadonlySet<number> = new Set([MESSAGE.hashRequest, MESSAGE.hashes, MESSAGE.hashReject])

export interface Readers<Peer> {
  readonly availability: Availability<Peer>
  readonly downloads: Downloads<Peer>
  readonly uploads: Uploads<Peer>
  readonly handshake: ExtensionHandshake<Peer>
  readonly metadata: MetadataExchange<Peer>
  readonly exchange: PeerExchange<Peer>
  readonly hashes: HashExchange<Peer>
  readonly dontHave: DontHave<Peer>
  readonly suggestions: Suggestions<Peer>
}

/** Says of each frame whether it is legal, before its payload has come, and takes each message to the part it concerns. */
export class MessageReader<Peer> implements FrameSink {
  readonly #link: Link<Peer>
  readonly #to: Readers<Peer>
  #dhtPort = 0
  #dhtPortAt: Micros = Number.NEGATIVE_INFINITY

  constructor(link: Link<Peer>, readers: Readers<Peer>) {
    this.#link = link
    this.#to = readers
  }

  keepAlive(now: Micros): void {
    if (!this.#link.flood.useless(now)) this.#link.fail(now, 'wire/flood-state')
  }

  tooLong(now: Micros): void {
    this.#link.fail(now, 'wire/frame-too-long')
  }

  admit(now: Micros, id: number, length: number, first: number): 'assemble' | 'skip' {
    const badLength = BAD_LENGTH.get(id)
    const isForeign = HASHES.has(id) && !this.#link.remote.v2
    if (badLength === undefined || isForeign) return this.#unknown(now)
    if (FAST.has(id) && !this.#link.remote.fast) return this.#refuse(now, 'wire/fast-not-negotiated')
    const legal = isLegalLength(id, length + 1)
    if (!legal || (id === MESSAGE.bitfield && !this.#to.availability.fits(length))) {
      return this.#refuse(now, badLength)
    }
    return id === MESSAGE.extended ? this.#admitExtended(now, length - 1, first) : 'assemble'
  }

  frame(now: Micros, id: number, payload: Uint8Array): void {
    const { downloads, uploads, availability } = this.#to
    switch (id) {
      case MESSAGE.choke:
        downloads.choke(now)
        break
      case MESSAGE.unchoke:
        downloads.unchoke(now)
        break
      case MESSAGE.interested:
      case MESSAGE.notInterested:
        uploads.interest(now, id === MESSAGE.interested)
        break
      case MESSAGE.have:
        availability.have(now, readUint32(payload, 0))
        downloads.refillSoon()
        break
      case MESSAGE.bitfield:
        availability.bitfield(now, payload)
        downloads.refillSoon()
        break
      case MESSAGE.haveAll:
      case MESSAGE.haveNone:
        availability.all(now, id === MESSAGE.haveAll)
        downloads.refillSoon()
        break
      case MESSAGE.request:
        uploads.request(now, readUint32(payload, 0), readUint32(payload, 4), readUint32(payload, 8))
        break
      case MESSAGE.cancel:
        uploads.cancel(now, readUint32(payload, 0), readUint32(payload, 4), readUint32(payload, 8))
        break
      case MESSAGE.reject:
        downloads.reject(now, readUint32(payload, 0), readUint32(payload, 4), readUint32(payload, 8))
        break
      case MESSAGE.allowedFast:
        availability.allowedFast(now, readUint32(payload, 0))
        downloads.refillSoon()
        break
      case MESSAGE.suggest:
        this.#to.suggestions.receive(readUint32(payload, 0))
        break
      case MESSAGE.port:
        this.#port(now, readUint16(payload, 0))
        break
      case MESSAGE.extended:
        this.#extended(now, payload)
        break
      default:
        this.#to.hashes.receive(now, id, payload)
    }
    this.#checkBacklog(now)
  }

  blockHead(now: Micros, piece: number, begin: number, length: number): void {
    this.#to.downloads.blockHead(now, piece, begin, length)
  }

  blockBytes(now: Micros, bytes: Uint8Array): void {
    this.#to.downloads.receiver.bytes(now, bytes)
  }

  blockEnd(now: Micros): void {
    this.#to.downloads.blockEnd(now)
  }

  #admitExtended(now: Micros, length: number, extension: number): 'assemble' | 'skip' {
    const { remote, options, terms } = this.#link
    if (!remote.extended) return this.#unknown(now)
    if (extension === METADATA_ID) {
      if (length <= options.maxMetadataMessage) return 'assemble'
      return this.#refuse(now, 'wire/metadata-message-too-long')
    }
    if (extension === PEX_ID && !terms.private) {
      if (length <= PEX_LIMIT) return 'assemble'
      return this.#refuse(now, 'wire/peers-message-too-long')
    }
    if (extension === DONT_HAVE_ID && length === DONT_HAVE_LENGTH) return 'assemble'
    if (extension === UPLOAD_ONLY_ID && length === UPLOAD_ONLY_LENGTH) return 'assemble'
    return extension === 0 && length <= options.maxExtended ? 'assemble' : this.#unknown(now)
  }

  #extended(now: Micros, payload: Uint8Array): void {
    const { handshake, metadata, exchange, dontHave, downloads } = this.#to
    const message = payload.subarray(1)
    switch (payload[0]) {
      case METADATA_ID:
        metadata.receive(now, message)
        return
      case PEX_ID:
        exchange.receive(now, message)
        return
      case DONT_HAVE_ID:
        dontHave.receive(now, message)
        return
      case UPLOAD_ONLY_ID:
        handshake.receiveUploadOnly(now, message)
        return
    }
    handshake.receive(now, message)
    const queue = this.#link.remote.requestQueue
    if (queue !== undefined) downloads.pipeline.depth.allow(queue)
  }

  #port(now: Micros, port: number): void {
    const { owner, peer, terms, flood } = this.#link
    if (port === 0 || terms.private || !terms.dht) return
    if (port === this.#dhtPort || now < this.#dhtPortAt + MINUTE) {
      if (!flood.useless(now)) this.#link.fail(now, 'wire/flood-state')
      return
    }
    this.#dhtPort = port
    this.#dhtPortAt = now
    owner.dhtPort(peer, now, port)
  }

  #unknown(now: Micros): 'skip' {
    if (!this.#link.flood.unknown(now)) this.#link.fail(now, 'wire/flood-unknown')
    return 'skip'
  }

  #refuse(now: Micros, reason: WireReason): 'skip' {
    this.#link.fail(now, reason)
    return 'skip'
  }

  /** A remote that asks and never reads must not make our answers pile up. */
  #checkBacklog(now: Micros): void {
    const { options, outbox, ours } = this.#link
    const allowed = options.watermark + options.maxBacklog + (ours?.bytes.length ?? 0)
    if (outbox.unsent > allowed) this.#link.fail(now, 'wire/not-reading')
  }
}
