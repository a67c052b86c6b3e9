import type { Address } from '../core/address.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import type { CloseReason } from '../peer/close-reasons.ts'
import type { PeerEffects, PeerTerms } from '../peer/peer-wire.ts'
import { PeerWire } from '../peer/peer-wire.ts'
import type { Encryption } from './encryption.ts'
import type { MemoryPool } from './memory-pool.ts'
import type { Pauses } from './pauses.ts'
import type { CryptoPort } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Machine, Seat } from './seat.ts'
import type { Stream, StreamReader } from './stream.ts'

/** Whose peers they are. */
export interface PeerHome {
  /** `to`: whom we dial. */
  terms(to?: Address): PeerTerms
  /** A dial ended before the stream was open. */
  dialFailed(now: Micros, address: Address, reason: CloseReason): void
}

/** What is the same for all links. */
export interface PeerLinkInit {
  readonly crypto: CryptoPort
  readonly rounds: Rounds
  readonly memory: MemoryPool
  readonly peerId: Id
  /** `undefined`: all streams are in the clear. */
  readonly encryption: Encryption | undefined
  /** The home of an incoming peer, by the info-hash it names; `undefined`: not served, or refused. */
  identify(infoHash: Id, from: Address): PeerHome | undefined
}

/** One stream and its peer. It is the peer's `PeerEffects` and the round's `Machine`. */
export class PeerLink implements PeerEffects, StreamReader, Machine {
  readonly stream: Stream
  readonly home: PeerHome | undefined
  peer: PeerWire | undefined
  /** Of an accepted stream that has named its torrent: whether there is a place for it. */
  welcomes: (infoHash: Id) => boolean = () => true
  /** It has shaken hands, or is gone. Until then it is a stranger, whatever it has named (HS20). */
  leaveLobby: (() => void) | undefined
  /** It has shaken hands: whether there is a place for it still, be it at another's cost. */
  keepsPlace: (now: Micros, peer: PeerWire) => boolean = () => true
  /** Of a dial: what its stream is encrypted for, and what is said on it, must be of one hash of the two that a hybrid has. */
  readonly #terms: PeerTerms | undefined
  /** A dial that is not open by then has failed. */
  openBy: Micros = NEVER
  readonly #init: PeerLinkInit
  readonly #links: Map<Stream, PeerLink>
  readonly #pauses: Pauses
  readonly #address: Address
  readonly #seat: Seat
  /** It has shaken hands. */
  #met = false
  #unflushed = false
  /** Bytes that the kernel has not taken. */
  #unsent = 0
  #paused = false
  #gone = false

  constructor(
    init: PeerLinkInit,
    links: Map<Stream, PeerLink>,
    pauses: Pauses,
    stream: Stream,
    address: Address,
    home: PeerHome | undefined,
    terms?: PeerTerms,
  ) {
    this.#init = init
    this.#seat = init.rounds.seat(this)
    this.#links = links
    this.#pauses = pauses
    this.stream = stream
    stream.reader = this
    this.#address = address
    this.home = home
    this.#terms = terms
    links.set(stream, this)
  }

  opened(now: Micros): void {
    const { crypto, encryption, memory, peerId } = this.#init
    const base = {
      now,
      address: this.#address,
      ownPeerId: peerId,
      effects: this,
      sending: memory.sending,
      sha1: crypto.sha1,
      ...(encryption === undefined ? {} : { options: { encrypts: true } }),
    }
    this.openBy = NEVER
    if (this.#terms !== undefined) {
      this.peer = new PeerWire({ ...base, outgoing: true, terms: this.#terms })
    } else {
      this.peer = new PeerWire({
        ...base,
        outgoing: false,
        identify: (_peer: PeerWire, infoHash: Id) => {
          return this.welcomes(infoHash) ? this.#init.identify(infoHash, this.#address)?.terms() : undefined
        },
      })
    }
    this.peer.remote.speaksUtp = this.stream.overUtp
    this.touch()
  }

  received(now: Micros, views: readonly Uint8Array[]): void {
    const { peer } = this
    if (peer === undefined) return
    for (const view of views) peer.receive(now, view)
    if (this.#met || !peer.ready) return
    this.#met = true
    this.leaveLobby?.()
    this.leaveLobby = undefined
    peer.remote.encrypted = this.stream.encrypted === true
    if (!this.keepsPlace(now, peer)) peer.close(now, 'swarm/refused')
  }

  sent(now: Micros, bytes: number): void {
    this.#unsent -= bytes
    this.peer?.sent(now, bytes)
  }

  ended(now: Micros, reason: ErrorCode): void {
    this.#forget()
    const why: CloseReason = `stream/${reason.slice(reason.indexOf('/') + 1)}`
    if (this.peer !== undefined) this.peer.streamClosed(now, why)
    else this.home?.dialFailed(now, this.#address, why)
  }

  tick(now: Micros): void {
    this.peer?.tick(now)
    if (now >= this.openBy) this.leave(now, 'stream/timeout')
  }

  /** Ends it from our side. */
  leave(now: Micros, reason: CloseReason): void {
    if (this.peer !== undefined) this.peer.close(now, reason)
    else {
      this.close(true)
      this.home?.dialFailed(now, this.#address, reason)
    }
  }

  nextDeadline(): Micros {
    if (this.#gone) return NEVER
    return this.peer === undefined ? this.openBy : this.peer.nextDeadline()
  }

  settle(now: Micros): void {
    if (this.#gone) return
    this.peer?.settle(now)
    if (this.#unflushed && !this.#gone) {
      this.#unflushed = false
      this.stream.flush()
    }
    this.heed()
  }

  /** Stops or goes on reading, as memory demands. */
  heed(): void {
    if (this.#gone || this.peer === undefined) return
    const paused = this.#pauses.pauses(this.peer.outstanding, this.#unsent)
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) this.stream.pause()
    else this.stream.resume()
  }

  reserve(length: number): Uint8Array {
    this.#unflushed = true
    this.#unsent += length
    return this.stream.reserve(length)
  }

  send(view: Uint8Array): void {
    this.#unflushed = true
    this.#unsent += view.length
    this.stream.send(view)
  }

  close(now: boolean): void {
    if (this.#gone) return
    this.#forget()
    this.stream.close(now)
  }

  touch(): void {
    if (!this.#gone) this.#seat.touch()
  }

  #forget(): void {
    this.leaveLobby?.()
    this.#gone = true
    this.#links.delete(this.stream)
    this.#seat.forget()
  }
}
