import type { NamedPeer } from '../codec/peer-exchange.ts'
import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import { RateMeter } from '../core/rate.ts'
import { RateLimits } from '../core/rate-limit.ts'
import { type Micros, NEVER } from '../core/time.ts'
import { type CloseReason, type Severity, WIRE_REASONS, type WireReason } from './close-reasons.ts'
import { Conversation } from './conversation.ts'
import { Counters } from './counters.ts'
import type { HashExchange } from './extensions/hash-exchange.ts'
import { FloodControl } from './flood-control.ts'
import { Handshake } from './handshake.ts'
import { Liveness } from './liveness.ts'
import { defaultPeerOptions, type PeerOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { Init, Owner, StreamEffects, Terms } from './peer-owner.ts'
import { Remote } from './remote.ts'

export type PeerEffects = StreamEffects
export type PeerOwner = Owner<PeerWire>
export type PeerTerms = Terms<PeerWire>
export type PeerInit = Init<PeerWire>
const NO_GRANTS: ReadonlySet<number> = new Set()

/**
 * One BitTorrent connection (BEP 3, 6, 9, 10), from the open stream to its end. It knows neither sockets nor storage:
 * bytes come in through `receive` and leave through `PeerEffects`; what they mean is told to the `PeerOwner`.
 */
export class PeerWire {
  readonly address: Address
  readonly outgoing: boolean
  readonly remote: Remote = new Remote()
  readonly counters: Counters = new Counters()
  /** Payload of piece messages received, and queued for sending. */
  readonly down: RateMeter = new RateMeter()
  readonly up: RateMeter = new RateMeter()
  /** The owner's: what it keeps of this peer, found again without a look-up. */
  mark: unknown
  readonly #init: PeerInit
  readonly #options: PeerOptions
  readonly #outbox: Outbox
  readonly #liveness: Liveness
  readonly #handshake: Handshake<PeerWire>
  /** `undefined` until both handshakes are done. */
  #talk: Conversation<PeerWire> | undefined
  #closeReason: CloseReason | undefined
  #inside = false

  constructor(init: PeerInit) {
    this.#init = init
    this.address = init.address
    this.outgoing = init.outgoing
    this.#options =
      init.options === undefined ? defaultPeerOptions : { ...defaultPeerOptions, ...init.options }
    this.#outbox = new Outbox(init.now, init.effects, init.sending)
    this.#liveness = new Liveness(init.now, this.#options, this.#outbox)
    this.#handshake = new Handshake(init, this.#outbox)
  }

  /** Both handshakes are done, and the connection has not ended. */
  get ready(): boolean {
    return this.#talk !== undefined && this.#closeReason === undefined
  }

  /** Why it ended; `undefined` while it lives. */
  get closeReason(): CloseReason | undefined {
    return this.#closeReason
  }

  /** What the remote has; `undefined` until the handshakes are done and there is metadata. */
  get pieces(): Bitfield | undefined {
    return this.#talk?.availability.pieces
  }

  get ours(): Bitfield | undefined {
    return this.#talk?.link.ours
  }

  /** Pieces that may be requested while the remote chokes us (BEP 6). */
  get grants(): ReadonlySet<number> {
    return this.#talk?.availability.grants ?? NO_GRANTS
  }

  /** A newcomer, that may fetch some while we choke it (BEP 6). */
  get granting(): boolean {
    return this.#talk?.uploads.granting ?? false
  }

  get amChoking(): boolean {
    return this.#talk?.uploads.choking ?? true
  }

  get choking(): boolean {
    return this.#talk?.downloads.choking ?? true
  }

  get interested(): boolean {
    return this.#talk?.uploads.interested ?? false
  }

  /** Our requests that wait for an answer. */
  get outstanding(): number {
    return this.#talk?.downloads.pipeline.size ?? 0
  }

  /** How many requests should be outstanding. */
  get depth(): number {
    return this.#talk?.downloads.pipeline.depth.depth ?? 0
  }

  /** It let our requests run out of time and has not recovered. */
  get snubbed(): boolean {
    return this.#talk?.downloads.pipeline.depth.stalled ?? false
  }

  /** The next bytes of the stream; `chunk` is lent. */
  receive(now: Micros, chunk: Uint8Array): void {
    if (!this.#enter()) return
    this.#liveness.heard(now)
    const at = this.#talk ? 0 : this.#shakeHands(now, chunk)
    const said = this.#talk?.receive(now, chunk, at)
    this.#inside = false
    if (at > 0 || said || this.#closeReason) this.#touch()
  }

  /** `bytes` more have left for the kernel. */
  sent(now: Micros, bytes: number): void {
    if (!this.#enter()) return
    this.#outbox.left(now, bytes)
    this.#inside = false
    this.#touch()
  }

  /** The stream has ended beneath us; `PeerEffects.close` is not called. */
  streamClosed(now: Micros, reason: CloseReason): void {
    this.#end(now, reason, 'close')
  }

  tick(now: Micros): void {
    if (!this.#enter()) return
    let due = this.#talk && this.#liveness.check(now)
    if (!this.#talk && now >= this.nextDeadline()) due = 'wire/timeout-handshake'
    if (due === 'keep-alive') this.#outbox.keepAlive(now)
    else if (due) this.#fail(now, due)
    if (!this.#closeReason) this.#talk?.tick(now)
    this.#inside = false
    this.#touch()
  }

  nextDeadline(): Micros {
    if (this.#closeReason) return NEVER
    if (!this.#talk) return this.#init.now + this.#options.handshakeTimeout
    return Math.min(this.#liveness.deadline, this.#talk.deadline)
  }

  settle(now: Micros): void {
    if (!this.ready) return
    this.#inside = true
    this.#talk?.settle(now)
    this.#inside = false
  }

  // Commands of the owner: before `ready` and after the end they do nothing.
  /** Metadata has come: earlier claims of the remote are checked, which may close, and reported. `ours` is a live view. */
  geometryKnown(now: Micros, geometry: Geometry, ours: Bitfield): void {
    const talk = this.#commanded()
    if (!talk) return
    talk.link.geometry = geometry
    talk.link.ours = ours
    talk.availability.geometryKnown(now, geometry)
    talk.downloads.refillSoon()
    // A bitfield is legal only directly after the handshake (BEP 3).
    talk.announcements.all(now, ours)
  }

  /** Says in another extension handshake what is so from now on: the bytes of metadata that we serve, whether we have everything. */
  introduceAgain(now: Micros, metadataSize: number | undefined): void {
    const talk = this.#commanded()
    talk?.metadata.sizeKnown(metadataSize)
    if (this.remote.extended) talk?.handshake.send(now, metadataSize)
  }

  /** Chokes the remote: what it asked for is refused, except what was granted by BEP 6. */
  choke(now: Micros): void {
    this.#commanded()?.uploads.choke(now)
  }

  unchoke(now: Micros): void {
    this.#commanded()?.uploads.unchoke(now)
  }

  /** Said at the next settle, once; that we are not any more may wait while the remote chokes us. */
  setInterested(_now: Micros, interested: boolean): void {
    const talk = this.#commanded()
    if (!talk) return
    talk.announcements.interested = interested
    talk.downloads.refillSoon()
  }

  /** We have got `piece`: said at the next settle, or a little later if that will do, unless the remote has it. */
  announceHave(now: Micros, piece: number, soon = true): void {
    if (this.ready && this.#talk!.announcements.have(now, piece, soon)) this.#touch()
  }

  /** We have lost `piece`: said at once, where the remote understands it (BEP 54); what it has asked for of it is refused. */
  announceLost(now: Micros, piece: number): void {
    this.#commanded()?.dontHave.send(now, piece)
  }

  /** Whether the pipeline has room and the remote would answer. */
  wantsRequests(_now: Micros): boolean {
    return this.ready && this.#talk!.downloads.wantsRequests
  }

  /** Asks for a block; false when it may not be asked for or is already. */
  request(now: Micros, piece: number, begin: number, length: number): boolean {
    const accepted = this.ready && this.#talk!.downloads.request(now, piece, begin, length)
    if (accepted) this.#touch()
    return accepted
  }

  /** Takes a request back; `released` is not called for it. */
  cancel(now: Micros, piece: number, begin: number, _length: number): void {
    this.#commanded()?.downloads.cancel(now, piece, begin)
  }

  suggest(now: Micros, piece: number): void {
    this.#commanded()?.suggestions.send(now, piece)
  }

  /** The owner has work that this peer could do: `refill` is called at the next settle if there is room. */
  refillSoon(): void {
    this.#commanded()?.downloads.refillSoon()
  }

  /** What `serve` asked for. `view` has `length` bytes, and is dropped when no longer wanted. */
  deliver(now: Micros, piece: number, begin: number, length: number, view: Uint8Array): void {
    this.#commanded()?.uploads.deliver(now, piece, begin, length, view)
  }

  refuse(now: Micros, piece: number, begin: number, length: number): void {
    this.#commanded()?.uploads.refuse(now, piece, begin, length)
  }

  /** Asks for a 16 KiB piece of the metadata; false when the remote serves none or enough are outstanding. */
  requestMetadata(now: Micros, piece: number): boolean {
    const accepted = this.ready && this.#talk!.metadata.request(now, piece)
    if (accepted) this.#touch()
    return accepted
  }

  /** Answers `metadataRequested`; `bytes` is copied. */
  sendMetadata(now: Micros, piece: number, totalSize: number, bytes: Uint8Array): void {
    this.#commanded()?.metadata.data(now, piece, totalSize, bytes)
  }

  rejectMetadata(now: Micros, piece: number): void {
    this.#commanded()?.metadata.reject(now, piece)
  }

  /** Hash requests of both ways (BEP 52). After what is done with it the peer settles. */
  get hashes(): HashExchange<PeerWire> | undefined {
    return this.#commanded()?.hashes
  }

  /** Tells who else is connected, by the text of the address; what has been said and what is too soon is left out (BEP 11). */
  tellPeers(now: Micros, connected: ReadonlyMap<string, NamedPeer>): void {
    this.#commanded()?.exchange.tell(now, this.address, connected)
  }

  /** Tells where our DHT node listens, if both sides have one (BEP 5). */
  sendPort(now: Micros, port: number): void {
    const link = this.#commanded()?.link
    if (link?.remote.dht && link.terms.dht) link.outbox.port(now, port)
  }

  /** Ends the connection: all requests are released, then `closed` is the owner's last call. */
  close(now: Micros, reason: CloseReason, severity: Severity = 'close'): void {
    if (this.#closeReason) return
    // When it is ourselves, the end that dialled must still read our handshake, or it would dial again (HS10).
    const reset = reason !== 'wire/self' && (severity !== 'close' || this.#talk === undefined)
    this.#end(now, reason, severity)
    this.#init.effects.close(reset)
  }

  #fail(now: Micros, reason: WireReason): void {
    this.close(now, reason, WIRE_REASONS[reason])
  }

  #end(now: Micros, reason: CloseReason, severity: Severity): void {
    if (this.#closeReason) return
    this.#closeReason = reason
    this.#talk?.end(now)
    this.#outbox.end()
    this.#handshake.terms?.owner.closed(this, now, reason, severity)
    this.#touch()
  }

  #enter(): boolean {
    if (this.#closeReason) return false
    this.#inside = true
    return true
  }

  /** The conversation for a command, after which the peer settles; `undefined` while commands do nothing. */
  #commanded(): Conversation<PeerWire> | undefined {
    if (this.#closeReason || !this.#talk) return undefined
    this.#touch()
    return this.#talk
  }

  #touch(): void {
    if (!this.#inside) this.#init.effects.touch()
  }

  /** Takes handshake bytes from `chunk`; returns where they end. */
  #shakeHands(now: Micros, chunk: Uint8Array): number {
    const step = this.#handshake.push(now, chunk, this, this.remote)
    if (step === 'done') this.#begin(now, this.#handshake.terms!)
    else if (step !== 'more') this.#fail(now, step)
    return this.#handshake.taken
  }

  #begin(now: Micros, terms: PeerTerms): void {
    const talk = new Conversation<PeerWire>(
      now,
      {
        peer: this,
        owner: terms.owner,
        terms,
        options: this.#options,
        outbox: this.#outbox,
        remote: this.remote,
        counters: this.counters,
        flood: new FloodControl(now, this.#options, this.counters),
        limits: terms.limits ?? RateLimits.NONE,
        down: this.down,
        up: this.up,
        geometry: terms.geometry,
        ours: terms.pieces,
        fail: (at, reason) => this.#fail(at, reason),
      },
      this.address,
    )
    this.#talk = talk
    talk.open(now, this.address, this.#init.sha1)
    terms.owner.ready(this, now)
  }
}
