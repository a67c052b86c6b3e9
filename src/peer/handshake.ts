import {
  claims,
  HANDSHAKE_HASH_END,
  HANDSHAKE_LENGTH,
  matchingPrefix,
  readHandshake,
  reservedOf,
} from '../codec/wire.ts'
import { equalBytes } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { WireReason } from './close-reasons.ts'
import type { Outbox } from './outbox.ts'
import type { Init, Terms } from './peer-owner.ts'
import type { Remote } from './remote.ts'

/** Both handshakes (BEP 3), read as the bytes come: a stranger is recognised at its first wrong byte. */
export class Handshake<Peer> {
  readonly #init: Init<Peer>
  readonly #outbox: Outbox
  readonly #bytes = new Uint8Array(HANDSHAKE_LENGTH)
  #length = 0
  #terms: Terms<Peer> | undefined
  /** The hash that we named. */
  #named: Id | undefined
  /** Bytes of the last chunk that belonged to the handshake. */
  taken = 0

  /** Sends ours at once when the terms are known. */
  constructor(init: Init<Peer>, outbox: Outbox) {
    this.#init = init
    this.#outbox = outbox
    this.#terms = init.terms
    if (init.terms) this.#send(init.now, init.terms, init.terms.infoHash)
  }

  /** `undefined` until an incoming connection has named its torrent. */
  get terms(): Terms<Peer> | undefined {
    return this.#terms
  }

  /** Takes the next bytes; `done` when `remote` says who is there. */
  push(now: Micros, chunk: Uint8Array, peer: Peer, remote: Remote): 'more' | 'done' | WireReason {
    const before = this.#length
    this.taken = Math.min(chunk.length, HANDSHAKE_LENGTH - before)
    this.#bytes.set(chunk.subarray(0, this.taken), before)
    this.#length += this.taken
    if (matchingPrefix(this.#bytes, this.#length) < this.#length) return 'wire/bad-protocol'
    if (before < HANDSHAKE_HASH_END && this.#length >= HANDSHAKE_HASH_END) {
      const refused = this.#hashArrived(now, peer)
      if (refused) return refused
    }
    return this.#length === HANDSHAKE_LENGTH ? this.#idArrived(remote) : 'more'
  }

  /** The responder answers as soon as it knows the torrent: some wait for that before they send their id. */
  #hashArrived(now: Micros, peer: Peer): WireReason | undefined {
    const { infoHash, reserved } = readHandshake(this.#bytes)
    if (this.#terms) {
      if (equalBytes(this.#named!, infoHash)) return undefined
      // Named by its old hash, the torrent may be answered for by its new one.
      if (!isHash(this.#terms.v2Hash, infoHash)) return 'wire/wrong-torrent'
      this.#named = infoHash
      return undefined
    }
    this.#terms = this.#init.identify?.(peer, infoHash)
    if (!this.#terms) return 'wire/unknown-torrent'
    const { v2Hash } = this.#terms
    this.#send(now, this.#terms, v2Hash && claims(reserved, 'v2') ? v2Hash : infoHash)
    return undefined
  }

  #idArrived(remote: Remote): 'done' | WireReason {
    const terms = this.#terms!
    const { reserved, peerId } = readHandshake(this.#bytes)
    remote.peerId = peerId
    remote.extended = claims(reserved, 'extended')
    remote.fast = claims(reserved, 'fast')
    remote.dht = claims(reserved, 'dht')
    remote.v2 = isHash(terms.v2Hash, this.#named!)
    if (equalBytes(peerId, this.#ownId(terms))) return 'wire/self'
    if (terms.peerId && !equalBytes(peerId, terms.peerId)) return 'wire/wrong-peer-id'
    return 'done'
  }

  #send(now: Micros, terms: Terms<Peer>, infoHash: Id): void {
    this.#named = infoHash
    this.#outbox.limit = terms.limits?.up
    const v2 = terms.v2Hash !== undefined
    const reserved = reservedOf({ extended: true, fast: true, dht: terms.dht, v2 })
    this.#outbox.handshake(now, { reserved, infoHash, peerId: this.#ownId(terms) })
  }

  #ownId(terms: Terms<Peer>): Id {
    return terms.ownPeerId ?? this.#init.ownPeerId
  }
}

function isHash(known: Id | undefined, infoHash: Id): boolean {
  return known !== undefined && equalBytes(known, infoHash)
}
