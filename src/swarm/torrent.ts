import type { Info } from '../codec/metainfo.ts'
import type { PeerExchangeMessage } from '../codec/peer-exchange.ts'
import { type Address, withPort } from '../core/address.ts'
import { Bitfield } from '../core/bitfield.ts'
import { Geometry } from '../core/geometry.ts'
import { RateMeter } from '../core/rate.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { CloseReason, Severity } from '../peer/close-reasons.ts'
import type { Claim, ReleaseCause } from '../peer/peer-owner.ts'
import type { PeerOwner, PeerTerms, PeerWire } from '../peer/peer-wire.ts'
import { Crowd } from './crowd.ts'
import { Download } from './download.ts'
import { HashDesk } from './hash-desk.ts'
import { Interest } from './interest.ts'
import { liveTerms } from './live-terms.ts'
import { MetadataDesk } from './metadata-desk.ts'
import { Padding } from './padding.ts'
import { rotWatch } from './rot-watch.ts'
import { Serving } from './serving.ts'
import type { PieceStore } from './torrent-effects.ts'
import { TorrentHashes } from './torrent-hashes.ts'
import type { TorrentInit } from './torrent-init.ts'
import { Wants } from './wants.ts'

/** One torrent: where its peers, its metadata, its pieces and its store come together. Nothing clever lives here. */
export class Torrent implements PeerOwner {
  readonly crowd: Crowd
  readonly down: RateMeter = new RateMeter()
  readonly up: RateMeter = new RateMeter()
  readonly #init: TorrentInit
  readonly #desk: MetadataDesk
  readonly names: TorrentHashes
  readonly hashes: HashDesk
  #geometry: Geometry | undefined
  /** Verified and written pieces: live, to be read only; `undefined` before the store is ready. */
  pieces: Bitfield | undefined
  /** What is fetched; `undefined` before the store is ready. */
  wants: Wants | undefined
  #serving: Serving | undefined
  #download: Download | undefined
  #interest: Interest | undefined
  #none: Bitfield = new Bitfield(0)
  #private = false

  constructor(init: TorrentInit) {
    this.#init = init
    this.crowd = new Crowd(init.now, init.peerId, init.options, init.dice, init.effects, init.policies)
    this.#desk = new MetadataDesk(init, this.crowd, init.policies?.metadata)
    this.names = new TorrentHashes(init)
    this.hashes = new HashDesk({
      slots: this.crowd.slots,
      crypto: init,
      complete: () => init.effects.event({ kind: 'layers', bytes: this.hashes.layers! }),
      touch: () => init.effects.touch(),
    })
  }

  get download(): Download | undefined {
    return this.#download
  }

  /** See BEP 27. */
  get private(): boolean {
    return this.#private
  }

  /** The info dictionary is known: it is served from here on. `layers`: see `HashDesk.known`. */
  metadataKnown(now: Micros, info: Info, layers?: Uint8Array): void {
    this.#desk.supply(info.bytes)
    this.names.known(info)
    this.hashes.known(now, info, layers)
    this.#private = info.private
    this.introduceAgain(now)
  }

  /** Connected peers are told what is so of us from now on. */
  introduceAgain(now: Micros): void {
    this.crowd.introduceAgain(now, this.#desk.size)
  }

  /** The store is ready and holds `have`, which is kept up to date: `levels` says what is fetched, all by default; all are served. */
  begin(now: Micros, info: Info, have: Bitfield, levels: Uint8Array | undefined, store: PieceStore): void {
    const { dice, effects, options, policies } = this.#init
    const geometry = (this.#geometry = new Geometry(info.length, info.pieceLength))
    this.pieces = have
    this.#none = new Bitfield(geometry.pieceCount)
    const check = this.hashes.check(info, geometry)
    this.hashes.begin(store, have)
    this.#download = new Download({
      ...{ now, geometry, check, have, levels, options, dice, store },
      limit: this.#init.limits.down,
      account: this.#init.account,
      slots: this.crowd.slots,
      padding: new Padding(info.files, geometry),
      picker: policies?.picker,
      outcome: {
        gained: (at, piece) => this.#gained(at, piece),
        guilty: (at, key) => this.crowd.ban(at, key, 'supplied wrong data'),
        inconsistent: (piece, by) => effects.event({ kind: 'inconsistent', piece, by }),
        truth: (at, piece, done) => this.hashes.truth(at, piece, done),
        workAppeared: () => this.memoryCame(),
        trouble: (_at, failure) => effects.event({ kind: 'trouble', failure, fatal: have.count === 0 }),
        recovered: () => effects.event({ kind: 'recovered' }),
      },
    })
    this.#interest = new Interest(this.crowd, this.#download)
    const completeness = (at: Micros): void => this.#completeness(at)
    this.#serving = new Serving({
      ...{ crowd: this.crowd, download: this.#download, geometry, effects, up: this.up },
      blocks: policies?.blocks?.(store, dice) ?? store,
      options,
      claimed: policies?.claims?.(have) ?? have,
      check: rotWatch({
        ...{ geometry, have, store, effects, completeness, crowd: this.crowd, download: this.#download },
        ...{ check, share: options.servedCheck, interest: this.#interest },
      }),
    })
    this.wants = new Wants(this.#download, this.#interest, completeness)
    this.crowd.geometryKnown(now, geometry, () => this.#serving!.claimed(), this.#none)
    this.#download.fillPads()
    if (this.#download.complete) this.#completeness(now)
    this.#init.effects.touch()
  }

  /** Closes every peer; none is dialled or taken any more. */
  stop(now: Micros): void {
    this.crowd.closeAll(now, 'swarm/stopped')
    this.#init.account.leave()
  }

  /** What a new connection is told of this torrent; `to`: whom we dial. */
  terms(to?: Address): PeerTerms {
    return liveTerms(this.#init, this, to, () => ({
      geometry: this.#geometry,
      pieces: this.#serving?.claimed(),
      metadataSize: this.#desk.size,
      private: this.#private,
      satisfied: this.#serving?.satisfied === true,
      grants: this.#serving?.grants !== false,
    }))
  }

  limitsChanged(): void {
    this.#download?.limitChanged()
    for (const { peer } of this.crowd.slots.values()) peer.refillSoon()
    this.#init.effects.touch()
  }

  /** There may be memory for pieces, or others want it: whoever found no work asks again. */
  memoryCame(): void {
    this.#download?.hungry.appeared()
    this.#init.effects.touch()
  }

  dialFailed(now: Micros, address: Address, reason: CloseReason): void {
    this.crowd.missed(now, address, reason)
    this.#init.effects.touch()
  }

  tick(now: Micros): void {
    this.#desk.tick(now)
    this.hashes.tick(now)
    this.#download?.tick(now)
    this.crowd.tick(now, {
      seeding: this.#download?.complete === true,
      pieceLength: this.#geometry?.pieceLength ?? 0,
      limited: this.#init.limits.up.inTheWay(now),
    })
    this.#serving?.adviseAll(now)
    this.crowd.dial(now)
  }

  nextDeadline(now: Micros): Micros {
    const work = Math.min(this.#download?.nextDeadline() ?? NEVER, this.#serving?.deadline ?? NEVER)
    const desks = Math.min(this.#desk.nextDeadline(), this.hashes.nextDeadline())
    return Math.min(desks, work, this.crowd.nextDeadline(now))
  }

  settle(now: Micros): void {
    for (const slot of this.#download?.hungry.next(now) ?? []) slot.peer.refillSoon()
    this.crowd.dial(now)
  }

  ready(peer: PeerWire, now: Micros): void {
    const slot = this.crowd.enter(now, peer, this.#none)
    if (slot === undefined) return
    this.#serving?.heard(now, slot)
    const { dhtPort } = this.#init
    if (peer.remote.dht && dhtPort !== undefined && !this.#private) peer.sendPort(now, dhtPort)
    this.hashes.arrived(now)
    this.#init.effects.touch()
  }

  extended(peer: PeerWire, now: Micros): void {
    const slot = this.crowd.slotOf(peer)
    if (slot === undefined) return
    this.crowd.introduced(now, slot)
    this.#desk.extended(now, slot)
    this.#init.effects.touch()
  }

  choked(peer: PeerWire): void {
    const slot = this.crowd.slotOf(peer)
    if (slot === undefined) return
    this.#download?.idle(slot)
    peer.refillSoon()
  }

  unchoked(peer: PeerWire): void {
    this.crowd.slotOf(peer)?.forgive()
    peer.refillSoon()
  }

  interest(peer: PeerWire, now: Micros, interested: boolean): void {
    const slot = this.crowd.slotOf(peer)
    if (slot === undefined) return
    this.crowd.interest(now, slot, interested)
    this.#serving?.advise(now, slot)
  }

  piecesReplaced(peer: PeerWire, now: Micros, before: Bitfield | undefined): void {
    const slot = this.crowd.slotOf(peer)
    if (slot !== undefined) this.#interest?.replaced(now, slot, before)
  }

  have(peer: PeerWire, now: Micros, piece: number): void {
    const slot = this.crowd.slotOf(peer)
    if (slot !== undefined) this.#interest?.have(now, slot, piece)
    this.#serving?.heard(now, slot)
  }

  lost(peer: PeerWire, now: Micros, piece: number): void {
    const slot = this.crowd.slotOf(peer)
    if (slot !== undefined) this.#interest?.lost(now, slot, piece)
  }

  allowedFast(peer: PeerWire): void {
    peer.refillSoon()
  }

  claim(peer: PeerWire, piece: number, begin: number): Claim {
    const slot = this.crowd.slotOf(peer)
    return slot === undefined ? 'discard' : (this.#download?.claim(slot, piece, begin) ?? 'discard')
  }

  write(peer: PeerWire, piece: number, offset: number, view: Uint8Array): void {
    const slot = this.crowd.slotOf(peer)
    if (slot !== undefined) this.#download?.write(slot, piece, offset, view)
  }

  block(peer: PeerWire, now: Micros, piece: number, begin: number, length: number): void {
    this.crowd.moved(now, peer)
    this.down.add(now, length)
    this.#download!.block(now, this.crowd.slotOf(peer)!, piece, begin, length)
  }

  released(
    peer: PeerWire,
    _now: Micros,
    piece: number,
    begin: number,
    length: number,
    cause: ReleaseCause,
  ): void {
    const slot = this.crowd.slotOf(peer)
    if (slot === undefined) return
    if (cause === 'rejected' && !peer.choking) slot.refused(piece)
    this.#download?.released(slot, { piece, begin, length }, cause === 'timeout')
  }

  wasted(_peer: PeerWire, now: Micros, bytes: number): void {
    this.down.add(now, bytes)
    if (this.#download !== undefined) this.#download.wasted += bytes
  }

  refill(peer: PeerWire, now: Micros): void {
    const slot = this.crowd.slotOf(peer)
    if (slot === undefined || this.#download === undefined) return
    const due = this.#download.nextDeadline()
    this.#download.refill(now, slot)
    if (this.#download.nextDeadline() < due) this.#init.effects.touch()
  }

  serve(peer: PeerWire, now: Micros, piece: number, begin: number, length: number): void {
    if (this.#serving === undefined) peer.refuse(now, piece, begin, length)
    else this.#serving.block(peer, now, piece, begin, length)
  }

  metadataRequested(peer: PeerWire, now: Micros, piece: number): void {
    this.#desk.serve(now, peer, piece)
  }

  metadataData(
    peer: PeerWire,
    now: Micros,
    piece: number,
    totalSize: number | undefined,
    bytes: Uint8Array,
  ): void {
    const slot = this.crowd.slotOf(peer)
    if (this.#desk.bytes === undefined) this.crowd.moved(now, peer)
    if (slot !== undefined && this.#desk.data(now, slot, piece, totalSize, bytes)) {
      this.#init.effects.event({ kind: 'metadata', bytes: this.#desk.bytes! })
    }
    this.#init.effects.touch()
  }

  metadataRejected(peer: PeerWire, now: Micros, piece: number): void {
    const slot = this.crowd.slotOf(peer)
    if (slot !== undefined) this.#desk.rejected(now, slot, piece)
    this.#init.effects.touch()
  }

  peersNamed(peer: PeerWire, now: Micros, named: PeerExchangeMessage): void {
    this.crowd.peersNamed(now, peer, named, this.#download?.complete === true)
  }

  dhtPort(peer: PeerWire, _now: Micros, port: number): void {
    if (!this.#private) this.#init.effects.event({ kind: 'dht-node', address: withPort(peer.address, port) })
  }

  closed(peer: PeerWire, now: Micros, reason: CloseReason, severity: Severity): void {
    const slot = this.crowd.leave(now, peer, reason, severity)
    if (slot === undefined) {
      this.names.refused(peer.address)
      return
    }
    this.#desk.gone(now, slot)
    this.#serving?.gone(slot)
    this.#download?.gone(slot)
  }

  #gained(now: Micros, piece: number): void {
    this.crowd.news.got(now, piece)
    this.#interest?.gained(now, piece)
    const { complete, tracker } = this.#download!
    // What was given up while it was written is no news.
    if (complete && tracker.wanted.has(piece)) this.#completeness(now)
  }

  /** We have all that we want, or want more than before. */
  #completeness(now: Micros): void {
    const { complete } = this.#download!
    this.crowd.pool.setSeeding(complete)
    this.#interest!.reviewAll(now)
    this.introduceAgain(now)
    if (complete) this.#init.effects.event({ kind: 'complete' })
    this.#init.effects.touch()
  }
}
