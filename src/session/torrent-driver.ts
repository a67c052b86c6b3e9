import type { Info } from '../codec/metainfo.ts'
import { parseInfo } from '../codec/metainfo.ts'
import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { ErrorCode, ErrorKind } from '../core/errors.ts'
import { LodestoneError } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import type { CloseReason } from '../peer/close-reasons.ts'
import type { PeerTerms } from '../peer/peer-wire.ts'
import { resolveSwarmOptions } from '../swarm/options.ts'
import { Torrent } from '../swarm/torrent.ts'
import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import { endsTorrent } from './disk-failure.ts'
import type { PeerSource, TorrentProgress } from './events.ts'
import { liarWarning } from './liar-warning.ts'
import type { PeerHome } from './peer-driver.ts'
import { PeerSearch } from './peer-search.ts'
import type { Failure } from './ports.ts'
import { resolveHost } from './resolve-host.ts'
import { SavedMetadata } from './saved-metadata.ts'
import { SavedPeers } from './saved-peers.ts'
import type { Machine, Seat } from './seat.ts'
import { SeedingLimits } from './seeding-limits.ts'
import { emptySelection, type Selection, selectionOf } from './selection.ts'
import { Stages } from './stages.ts'
import type { Store } from './store.ts'
import { StoreOpener } from './store-opener.ts'
import { surplusSentence } from './surplus-sentence.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'
import type { Phase, TorrentView } from './torrent-view.ts'
import { torrentProgress, wantsData } from './torrent-view.ts'
import { WhyWatch } from './why/why-watch.ts'

/** One torrent's life in a session: metadata, store, swarm and DHT brought together, with their tickets. */
export class TorrentDriver implements PeerHome, Machine {
  readonly torrent: Torrent
  readonly #init: TorrentDriverInit
  readonly #seat: Seat
  #phase: Phase = 'starting'
  /** Bytes of the pieces that are wanted, once known. */
  #wanted: number | undefined
  #opener: StoreOpener | undefined
  #store: Store | undefined
  readonly #search: PeerSearch
  readonly #saved: SavedPeers
  readonly #savedMetadata: SavedMetadata
  #trouble: string | undefined
  readonly #why: WhyWatch
  readonly #limits: SeedingLimits
  readonly #stages: Stages

  constructor(now: Micros, init: TorrentDriverInit) {
    this.#init = init
    this.#seat = init.rounds.seat(this)
    this.#why = new WhyWatch(now, init, () => this.#view())
    const { ports, options, policies } = init
    this.#limits = new SeedingLimits(init)
    this.torrent = new Torrent({
      now,
      infoHash: init.source.infoHash,
      peerId: init.peerId,
      options: resolveSwarmOptions({
        connections: options.maxPeers,
        sequential: options.sequential === true ? 1 : 0,
        ...policies?.options,
      }),
      dice: ports.random.dice,
      sha1: ports.crypto.sha1,
      limits: init.limits,
      account: init.memory.pieces.join(() => this.torrent.memoryCame()),
      listenPort: init.session.listen ? init.port : undefined,
      dhtPort: init.dht === undefined ? undefined : init.port,
      policies,
      effects: {
        dial: (address, timeout) => init.peers.dial(init.rounds.now, this, address, timeout),
        own: () => [...(init.dht?.external ?? []), ...init.own],
        touch: () => this.#seat.touch(),
        event: (event) => this.#torrentEvent(event),
      },
    })
    this.#stages = new Stages(now, this.torrent.down, init.dht)
    for (const address of init.own) this.torrent.crowd.pool.self(address)
    const { source } = init
    this.#saved = new SavedPeers(ports, init.tickets, source.infoHash, () => this.torrent.crowd.dialable())
    this.#savedMetadata = new SavedMetadata(ports, init.tickets, source.infoHash)
    this.#search = new PeerSearch(init, this.torrent)
  }

  start(now: Micros): void {
    const { source } = this.#init
    for (const { host, port } of source.peers) this.addPeer(now, host, port, 'magnet')
    this.#saved.restore((at, peers) => this.torrent.crowd.addCandidates(at, peers, 'saved'))
    this.#seat.touch()
    if (source.metadata !== undefined) this.#metadata(now, source.metadata)
    else {
      this.#savedMetadata.restore((at, bytes) => {
        if (this.#phase !== 'starting') return
        if (bytes !== undefined) this.#metadata(at, bytes)
        else {
          this.#phase = 'metadata'
          this.#search.begin(at)
        }
        this.#seat.touch()
      })
    }
  }

  /** Clean stop: peers closed, a barrier and a clean mark in the journal. */
  stop(now: Micros, done: (now: Micros) => void): void {
    const wasActive = this.#store
    this.#saved.save()
    this.#leave(now, 'stopped')
    this.#why.stop()
    this.#seat.forget()
    if (wasActive !== undefined) wasActive.finish(done)
    else if (this.#opener === undefined || !this.#opener.stop(done)) done(now)
  }

  addPeer(now: Micros, host: string, port: number, source: PeerSource): void {
    resolveHost(now, this.#init, host, port, (at, addresses) => {
      this.torrent.crowd.addCandidates(at, addresses, source)
    })
  }

  terms(): PeerTerms {
    return this.torrent.terms()
  }

  admits(address: Address): boolean {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return false
    return this.torrent.crowd.admits(this.#init.rounds.now, address)
  }

  dialFailed(now: Micros, address: Address, reason: CloseReason): void {
    this.torrent.dialFailed(now, address, reason)
  }

  tick(now: Micros): void {
    this.torrent.tick(now)
    this.#opener?.tick(now)
    this.#saved.tick(now)
    this.#search.tick(now, this.torrent.crowd.slots.size === 0 && wantsData(this.#phase, this.torrent))
    this.#limits.tick(now, this.torrent.up.total, this.#wanted ?? 0)
  }

  nextDeadline(now: Micros): Micros {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return NEVER
    return Math.min(
      this.torrent.nextDeadline(now),
      this.#opener?.nextDeadline() ?? NEVER,
      this.#search.nextDeadline(),
      this.#saved.nextDeadline(),
      this.#limits.deadline,
    )
  }

  settle(now: Micros): void {
    this.torrent.settle(now)
  }

  progress(now: Micros): TorrentProgress {
    return torrentProgress(now, this.#view(), this.#why.report(now))
  }

  #view(): TorrentView {
    return {
      phase: this.#phase,
      torrent: this.torrent,
      total: this.#wanted,
      opener: this.#opener,
      trouble: this.#trouble,
      dht: this.#init.dht,
      limit: this.#init.limits.down,
      stages: this.#stages,
    }
  }

  #metadata(now: Micros, bytes: Uint8Array): void {
    const { ports, options, emit, number, source } = this.#init
    let info: Info
    try {
      info = parseInfo(bytes, ports.crypto.sha1)
    } catch (error) {
      // Its hash is right, so no peer is to blame and no other copy will be better (MD20).
      if (!(error instanceof LodestoneError)) throw error
      this.#fail(now, error, error.kind)
      return
    }
    const selection = selectionOf(info, options.mode === 'download' ? (options.select ?? []) : [])
    this.#wanted = selection.length
    this.#stages.reached(now, 'metadata')
    this.torrent.metadataKnown(now, info)
    emit({ kind: 'metadata', torrent: number, bytes: info.bytes })
    if (source.metadata === undefined) {
      this.#savedMetadata.save(info.bytes, ({ message }) => this.#warn('state/metadata', message))
    }
    if (options.mode === 'metadata') {
      this.#leave(now, 'stopped')
      emit({ kind: 'done', torrent: number, wasted: 0 })
      return
    }
    const empty = emptySelection(info, selection)
    if (empty !== undefined) {
      this.#fail(now, empty, 'usage')
      return
    }
    if (info.private) this.#makePrivate(now)
    this.#phase = 'opening'
    if (!info.private) this.#search.begin(now)
    this.#open(info, selection)
  }

  #open(info: Info, selection: Selection): void {
    const { ports, tickets, options, number, emit, rounds } = this.#init
    this.#opener = new StoreOpener({
      ports,
      tickets,
      rounds,
      info,
      skipped: selection.files.map((isWanted) => !isWanted),
      options,
      newHandle: this.#init.newHandle,
      changed: () => this.#seat.touch(),
      located: (files) => emit({ kind: 'files', torrent: number, files }),
      ready: (now, store, have) => this.#begin(now, info, selection, store, have),
      warn: (code, message) => this.#warn(code, message),
      failed: (now, failure) => this.#fail(now, failure),
      journalFailed: (now, failure) => this.#journalFailed(now, failure),
    })
    this.#opener.start()
    this.#seat.touch()
  }

  #begin(now: Micros, info: Info, selection: Selection, store: Store, have: Bitfield): void {
    this.#store = store
    this.#stages.checked(now, store)
    this.#phase = 'active'
    this.#seat.touch()
    store.join()
    this.torrent.begin(now, info, have, selection.pieces, store)
  }

  #torrentEvent(event: TorrentEvent): void {
    const { emit, number, rounds } = this.#init
    switch (event.kind) {
      case 'peer':
        emit({ kind: 'peer', torrent: number, address: event.address, source: event.source })
        break
      case 'connected':
        this.#stages.reached(rounds.now, 'peer')
        this.#saved.noticed(rounds.now)
        break
      case 'metadata':
        this.#metadata(rounds.now, event.bytes)
        break
      case 'complete':
        this.#complete()
        break
      case 'liar':
        emit(liarWarning(number, event))
        break
      case 'trouble':
        this.#storageTrouble(event.failure, event.fatal)
        break
      case 'unreadable':
        if (event.failure.code === 'storage/io') this.#fail(rounds.now, event.failure)
        break
      case 'recovered':
        this.#trouble = undefined
        break
      case 'dht-node':
        this.#init.dht?.addNode(rounds.now, event.address.host, event.address.port, 'hint')
        break
    }
  }

  /** All pieces are verified and written: a download asks whether the files are still there before it says so. */
  #complete(): void {
    if (this.#init.options.mode === 'seed') this.#done([])
    else {
      this.#store!.confirm((now, surplus = [], failure) => {
        if (failure !== undefined) this.#fail(now, failure)
        else if (this.#phase === 'active') this.#done(surplus)
      })
    }
  }

  #done(surplus: readonly string[]): void {
    const { emit, number, rounds } = this.#init
    this.#stages.reached(rounds.now, 'complete')
    this.#limits.begin(rounds.now)
    this.#seat.touch()
    if (surplus.length > 0) this.#warn('storage/surplus', surplusSentence(surplus))
    emit({ kind: 'done', torrent: number, wasted: this.torrent.download?.wasted ?? 0 })
    emit({ kind: 'seeding', torrent: number })
  }

  #journalFailed(now: Micros, failure: Failure): void {
    // Who has failed has told why.
    if (this.#phase === 'failed') return
    if (endsTorrent(failure) && this.#phase !== 'stopped') this.#fail(now, failure)
    else this.#warn('storage/journal', failure.message)
  }

  #storageTrouble(failure: Failure, fatal: boolean): void {
    if (fatal || endsTorrent(failure)) this.#fail(this.#init.rounds.now, failure)
    else if (this.#phase === 'active') {
      this.#trouble = failure.message
      this.#warn(failure.code, failure.message)
    }
  }

  /** A private torrent takes no peers from the DHT nor from other peers (BEP 27); what came from there already is sent away. */
  #makePrivate(now: Micros): void {
    const foundSome = this.#search.begun || this.torrent.crowd.exchanged
    this.#search.stop(now)
    const message = 'This torrent is private: peers come from --peer and from those who dial us alone.'
    this.#warn('swarm/private', message)
    if (foundSome)
      for (const { peer } of [...this.torrent.crowd.slots.values()]) peer.close(now, 'swarm/private')
  }

  #warn(code: ErrorCode, message: string): void {
    this.#init.emit({ kind: 'warning', torrent: this.#init.number, code, message })
  }

  #fail(now: Micros, { code, message }: Failure, kind: ErrorKind = 'storage'): void {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return
    const store = this.#store
    this.#leave(now, 'failed')
    if (store !== undefined) store.finish(() => {})
    else this.#opener?.stop(() => {})
    this.#init.emit({ kind: 'error', torrent: this.#init.number, error: kind, code, message })
  }

  #leave(now: Micros, phase: 'failed' | 'stopped'): void {
    this.#phase = phase
    this.#search.stop(now)
    this.#store = undefined
    this.torrent.stop(now)
    this.#init.peers.abandonDials(this)
  }
}
