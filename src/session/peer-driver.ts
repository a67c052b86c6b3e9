import type { Address } from '../core/address.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import type { CloseReason } from '../peer/close-reasons.ts'
import type { PeerEffects, PeerTerms } from '../peer/peer-wire.ts'
import { PeerWire } from '../peer/peer-wire.ts'
import { Lobby } from './lobby.ts'
import type { MemoryPool } from './memory-pool.ts'
import { Pauses } from './pauses.ts'
import type { Ports, StreamId } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Machine, Seat } from './seat.ts'

/** Whose peers they are. */
export interface PeerHome {
  terms(): PeerTerms
  /** A dial ended before the stream was open. */
  dialFailed(now: Micros, address: Address, reason: CloseReason): void
}

export interface PeerDriverInit {
  readonly ports: Ports
  readonly rounds: Rounds
  readonly maxPeers: number
  readonly memory: MemoryPool
  readonly peerId: Id
  /** The local address to dial from, when the user bound to one. */
  localHost(to: Address): string | undefined
  /** The home of an incoming peer, by the info-hash it names; `undefined`: not served, or refused. */
  identify(infoHash: Id, from: Address): PeerHome | undefined
}

/** Joins streams and peers: one link per stream, peer machine above, stream below. */
export class PeerDriver {
  readonly #init: PeerDriverInit
  readonly #links = new Map<StreamId, PeerLink>()
  readonly #lobby = new Lobby<StreamId>()
  readonly #pauses: Pauses
  #nextStream = 0

  constructor(init: PeerDriverInit) {
    this.#init = init
    this.#pauses = new Pauses(init.memory, init.rounds, () => {
      for (const link of this.#links.values()) link.heed()
    })
  }

  /** Places taken: what has shaken hands, and what we dial. */
  get #taken(): number {
    return this.#links.size - this.#lobby.size
  }

  /** Dials for `home`, within `timeout`; false when every slot is taken. */
  dial(now: Micros, home: PeerHome, address: Address, timeout: Micros): boolean {
    if (this.#taken >= this.#init.maxPeers) return false
    this.#nextStream += 2
    const link = new PeerLink(this.#init, this.#links, this.#pauses, this.#nextStream, address, home)
    link.openBy = now + timeout
    this.#links.set(link.stream, link)
    this.#init.ports.streams.connect(link.stream, address, this.#init.localHost(address))
    link.touch()
    return true
  }

  accepted(now: Micros, stream: StreamId, from: Address): void {
    const loser = this.#lobby.enter(stream, from)
    if (loser === stream) {
      this.#init.ports.streams.close(stream, true)
      return
    }
    if (loser !== undefined) this.#links.get(loser)?.close(true)
    const link = new PeerLink(this.#init, this.#links, this.#pauses, stream, from, undefined)
    link.welcomes = () => this.#taken < this.#init.maxPeers
    link.leaveLobby = () => {
      this.#lobby.leave(stream)
      return this.#taken <= this.#init.maxPeers
    }
    this.#links.set(stream, link)
    link.open(now)
  }

  connected(now: Micros, stream: StreamId): void {
    this.#links.get(stream)?.open(now)
  }

  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void {
    this.#links.get(stream)?.receive(now, views)
  }

  sent(now: Micros, stream: StreamId, bytes: number): void {
    this.#links.get(stream)?.sent(now, bytes)
  }

  streamClosed(now: Micros, stream: StreamId, reason: ErrorCode): void {
    this.#links.get(stream)?.ended(now, reason)
  }

  /** Drops dials of `home` that are still under way; its open peers it closes itself. */
  abandonDials(home: PeerHome): void {
    for (const link of this.#links.values())
      if (link.home === home && link.peer === undefined) link.close(true)
  }

  /** Closes what was dialled for `home`; dials that are under way have failed. */
  closeAll(now: Micros, home: PeerHome, reason: CloseReason): void {
    for (const link of [...this.#links.values()]) if (link.home === home) link.leave(now, reason)
  }

  /** Closes every stream that no torrent has taken. */
  closeStrangers(): void {
    for (const link of [...this.#links.values()]) link.close(true)
  }
}

/** One stream and its peer. It is the peer's `PeerEffects` and the round's `Machine`. */
class PeerLink implements PeerEffects, Machine {
  readonly stream: StreamId
  readonly home: PeerHome | undefined
  peer: PeerWire | undefined
  /** Of an accepted stream that has named its torrent: whether there is a place for it. */
  welcomes: () => boolean = () => true
  /** It has shaken hands, or is gone: whether there is a place for it still. Until then it is a stranger, whatever it has named (HS20). */
  leaveLobby: (() => boolean) | undefined
  /** A dial that is not open by then has failed. */
  openBy: Micros = NEVER
  readonly #init: PeerDriverInit
  readonly #links: Map<StreamId, PeerLink>
  readonly #pauses: Pauses
  readonly #address: Address
  readonly #seat: Seat
  #unflushed = false
  /** Bytes that the kernel has not taken. */
  #unsent = 0
  #paused = false
  #gone = false

  constructor(
    init: PeerDriverInit,
    links: Map<StreamId, PeerLink>,
    pauses: Pauses,
    stream: StreamId,
    address: Address,
    home: PeerHome | undefined,
  ) {
    this.#init = init
    this.#seat = init.rounds.seat(this)
    this.#links = links
    this.#pauses = pauses
    this.stream = stream
    this.#address = address
    this.home = home
  }

  open(now: Micros): void {
    const { ports, memory, peerId } = this.#init
    const base = {
      now,
      address: this.#address,
      ownPeerId: peerId,
      effects: this,
      sending: memory.sending,
      sha1: ports.crypto.sha1,
    }
    this.openBy = NEVER
    if (this.home !== undefined) {
      this.peer = new PeerWire({ ...base, outgoing: true, terms: this.home.terms() })
    } else {
      this.peer = new PeerWire({
        ...base,
        outgoing: false,
        identify: (_peer: PeerWire, infoHash: Id) => {
          return this.welcomes() ? this.#init.identify(infoHash, this.#address)?.terms() : undefined
        },
      })
    }
    this.touch()
  }

  receive(now: Micros, views: readonly Uint8Array[]): void {
    const { peer } = this
    if (peer === undefined) return
    for (const view of views) peer.receive(now, view)
    if (this.leaveLobby === undefined || !peer.ready) return
    const { leaveLobby } = this
    this.leaveLobby = undefined
    if (!leaveLobby()) peer.close(now, 'swarm/refused')
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
      this.#init.ports.streams.flush(this.stream)
    }
    this.heed()
  }

  /** Stops or goes on reading, as memory demands. */
  heed(): void {
    if (this.#gone || this.peer === undefined) return
    const paused = this.#pauses.pauses(this.peer.outstanding, this.#unsent)
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) this.#init.ports.streams.pause(this.stream)
    else this.#init.ports.streams.resume(this.stream)
  }

  reserve(length: number): Uint8Array {
    this.#unflushed = true
    this.#unsent += length
    return this.#init.ports.streams.reserve(this.stream, length)
  }

  send(view: Uint8Array): void {
    this.#unflushed = true
    this.#unsent += view.length
    this.#init.ports.streams.send(this.stream, view)
  }

  close(now: boolean): void {
    if (this.#gone) return
    this.#forget()
    this.#init.ports.streams.close(this.stream, now)
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
