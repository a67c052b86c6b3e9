import type { FileRange } from '../codec/file-ranges.ts'
import type { Info } from '../codec/metainfo.ts'
import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { ErrorCode, ErrorKind } from '../core/errors.ts'
import { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { NEVER } from '../core/time.ts'
import type { CloseReason } from '../peer/close-reasons.ts'
import type { PeerTerms } from '../peer/peer-wire.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import type { TorrentCommand, TorrentSource } from './commands.ts'
import { Completion } from './completion.ts'
import { endsTorrent } from './disk-failure.ts'
import type { TorrentProgress } from './events.ts'
import type { FileChange } from './file-change.ts'
import { FileChoice } from './file-choice.ts'
import { inconsistentTorrent } from './inconsistent-torrent.ts'
import { MetadataStage } from './metadata-stage.ts'
import { newTorrent } from './new-torrent.ts'
import type { OlderFile } from './older-files.ts'
import type { PeerHome } from './peer-link.ts'
import { PeerSources } from './peer-sources.ts'
import type { Failure } from './ports.ts'
import { RangeReads } from './range-reads.ts'
import { Relocation } from './relocation.ts'
import { SavedPeers } from './saved-peers.ts'
import type { Machine, Seat } from './seat.ts'
import { Stages } from './stages.ts'
import type { Store } from './store.ts'
import { StoreOpener } from './store-opener.ts'
import { swarmWarning } from './swarm-warning.ts'
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
  readonly #choice: FileChoice
  readonly #reads: RangeReads
  readonly #relocation: Relocation
  readonly #completion: Completion
  #opener: StoreOpener | undefined
  #store: Store | undefined
  readonly #sources: PeerSources
  readonly #saved: SavedPeers
  readonly #metadata: MetadataStage
  #trouble: string | undefined
  readonly #why: WhyWatch
  readonly #stages: Stages

  constructor(now: Micros, init: TorrentDriverInit) {
    this.#init = init
    this.#seat = init.rounds.seat(this)
    this.#why = new WhyWatch(now, init, () => this.#view())
    const { ports, source, tickets } = init
    const touch = (): void => this.#seat.touch()
    this.torrent = newTorrent(now, init, this, touch, (event) => this.#torrentEvent(event))
    const fail = (at: Micros, failure: Failure): void => this.#fail(at, failure)
    this.#choice = new FileChoice(init, this.torrent, fail)
    this.#reads = new RangeReads(init, this.torrent)
    this.#relocation = new Relocation(init, this.#choice)
    this.#stages = new Stages(now, this.torrent.down, init.dht)
    this.#completion = new Completion(init, this.torrent, this.#choice, this.#stages, {
      isActive: () => this.#phase === 'active',
      changed: touch,
      failed: fail,
    })
    for (const address of init.own) this.torrent.crowd.pool.self(address)
    this.#saved = new SavedPeers(ports, tickets, source.infoHash, () => this.torrent.crowd.dialable())
    this.#sources = new PeerSources(init, this.torrent, this, touch)
    this.#metadata = new MetadataStage(init, this.torrent, {
      lacking: (at) => this.#lacksMetadata(at),
      known: (at, info) => this.#known(at, info),
      failed: (at, failure, kind) => this.#fail(at, failure, kind),
      warn: (message) => this.#warn('state/metadata', message),
    })
  }

  start(now: Micros): void {
    const { source } = this.#init
    this.#sources.named(now, source)
    this.#saved.restore((at, peers) => this.torrent.crowd.addCandidates(at, peers, 'saved'))
    this.#seat.touch()
    this.#metadata.start(now)
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

  command(now: Micros, command: TorrentCommand): void {
    switch (command.kind) {
      case 'add-peer':
        this.#sources.add(now, command.host, command.port)
        break
      case 'merge':
        this.#merge(now, command.source, command.select)
        break
      case 'select':
        this.#select(now, command.change)
        break
      case 'relocate':
        this.#relocation.ask(command.out)
        break
      default:
        this.#reads.command(now, command)
    }
    this.#why.wake(now)
    this.#seat.touch()
  }

  terms(to?: Address): PeerTerms {
    return this.torrent.terms(to)
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
    this.#metadata.tick(now)
    this.#opener?.tick(now)
    this.#saved.tick(now)
    this.#sources.tick(now, this.torrent.crowd.slots.size === 0 && wantsData(this.#phase, this.torrent))
    this.#completion.limits.tick(now, this.torrent.up.total, this.#choice.selection?.length ?? 0)
  }

  nextDeadline(now: Micros): Micros {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return NEVER
    return Math.min(
      this.torrent.nextDeadline(now),
      this.#metadata.deadline,
      this.#opener?.nextDeadline() ?? NEVER,
      this.#sources.nextDeadline(),
      this.#saved.nextDeadline(),
      this.#completion.limits.deadline,
    )
  }

  settle(now: Micros): void {
    this.torrent.settle(now)
    this.#reads.settle()
  }

  /** Its files as it has left them; `undefined` before they are open. */
  written(): readonly OlderFile[] | undefined {
    return this.#store?.written(this.#choice.files)
  }

  progress(now: Micros): TorrentProgress {
    return torrentProgress(now, this.#view(), this.#why.report(now))
  }

  #merge(now: Micros, source: TorrentSource, select: readonly FileRange[]): void {
    this.#sources.named(now, source)
    if (select.length > 0) this.#select(now, { files: select, lenient: true })
    if (this.#choice.selection === undefined && source.metadata !== undefined)
      this.#metadata.came(now, source.metadata, source.layers)
  }

  #select(now: Micros, change: FileChange): void {
    this.#choice.change(now, change)
    if (this.#store !== undefined) this.#completion.review(this.#store)
  }

  #view(): TorrentView {
    return {
      phase: this.#phase,
      torrent: this.torrent,
      total: this.#choice.selection?.length,
      opener: this.#opener,
      trouble: this.#trouble,
      init: this.#init,
      stages: this.#stages,
    }
  }

  #lacksMetadata(now: Micros): void {
    this.#phase = 'metadata'
    this.#sources.begin(now)
    this.#seat.touch()
  }

  #known(now: Micros, info: Info): void {
    const { options, emit, number } = this.#init
    const empty = this.#choice.known(info)
    this.#stages.reached(now, 'metadata')
    emit({ kind: 'metadata', torrent: number, bytes: info.bytes, layers: this.torrent.hashes.layers })
    this.#seat.touch()
    if (options.mode === 'metadata') {
      this.#found(now)
      return
    }
    if (empty !== undefined) {
      this.#fail(now, empty, 'usage')
      return
    }
    this.#phase = 'opening'
    this.#sources.begin(now)
    this.#open(info)
  }

  #open(info: Info): void {
    this.#opener = new StoreOpener({
      ...this.#init,
      info,
      check: this.torrent.hashes.check(info, new Geometry(info.length, info.pieceLength)),
      skipped: this.#choice.skipped,
      changed: () => this.#seat.touch(),
      located: (paths) => this.#choice.located(paths),
      ready: (now, store, have) => this.#begin(now, info, store, have),
      warn: (code, message) => this.#warn(code, message),
      failed: (now, failure, kind) => this.#fail(now, failure, kind),
      journalFailed: (now, failure) => this.#journalFailed(now, failure),
    })
    this.#opener.start()
    this.#seat.touch()
  }

  /** It was for no more than this. */
  #found(now: Micros): void {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return
    this.#leave(now, 'stopped')
    this.#init.emit({ kind: 'done', torrent: this.#init.number, wasted: 0 })
  }

  #begin(now: Micros, info: Info, store: Store, have: Bitfield): void {
    this.#store = store
    if (this.#init.options.mode === 'trial') {
      store.finish((at) => this.#found(at))
      return
    }
    this.#stages.checked(now, store)
    this.#phase = 'active'
    this.#seat.touch()
    store.join()
    this.#choice.begin(store)
    this.torrent.begin(now, info, have, this.#choice.selection?.levels, store)
    this.#sources.opened(now, info)
    this.#reads.begin(now, store, new Geometry(info.length, info.pieceLength))
    this.#relocation.begin(store, info, this.#opener!.out)
  }

  #torrentEvent(event: TorrentEvent): void {
    const { emit, number, rounds } = this.#init
    switch (event.kind) {
      case 'peer':
        this.#sources.heard(event)
        break
      case 'connected':
        this.#stages.reached(rounds.now, 'peer')
        this.#saved.noticed(rounds.now)
        break
      case 'metadata':
        this.#metadata.came(rounds.now, event.bytes, undefined)
        break
      case 'layers':
        this.#metadata.layersCame(rounds.now, event.bytes)
        break
      case 'complete':
        this.#sources.completed(rounds.now)
        this.#completion.reached(this.#store!)
        break
      case 'liar':
      case 'rotten':
        emit(swarmWarning(number, event))
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
      case 'inconsistent':
        this.#fail(rounds.now, inconsistentTorrent(event.piece, event.by), 'remote')
        break
      case 'dht-node':
        this.#init.dht?.addNode(rounds.now, event.address.host, event.address.port, 'hint')
        break
    }
  }

  #journalFailed(now: Micros, failure: Failure): void {
    if (this.#phase === 'failed') return // It has told why.
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

  #warn(code: ErrorCode, message: string): void {
    this.#init.emit({ kind: 'warning', torrent: this.#init.number, code, message })
  }

  #fail(now: Micros, { code, message }: Failure, kind: ErrorKind = 'storage'): void {
    if (this.#phase === 'failed' || this.#phase === 'stopped') return
    const store = this.#store
    this.#leave(now, 'failed')
    if (store !== undefined) store.finish(() => {})
    else this.#opener?.stop(() => {})
    if (this.#init.options.mode === 'trial') this.#warn(code, message)
    else this.#init.emit({ kind: 'error', torrent: this.#init.number, error: kind, code, message })
  }

  #leave(now: Micros, phase: 'failed' | 'stopped'): void {
    this.#phase = phase
    this.#metadata.stop()
    this.#sources.stop(now)
    this.#reads.stop()
    this.#relocation.stop()
    this.#store = undefined
    this.torrent.stop(now)
    this.#init.peers.abandonDials(this)
  }
}
