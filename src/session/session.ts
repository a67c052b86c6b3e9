import type { Item } from '../codec/item.ts'
import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import { RateLimits } from '../core/rate-limit.ts'
import type { Micros } from '../core/time.ts'
import type { DhtStats, DhtTable, Handover } from '../dht/dht-node.ts'
import type { Command } from './commands.ts'
import { DhtDriver } from './dht-driver.ts'
import { Encryption } from './encryption.ts'
import type { SessionEvent, TorrentProgress } from './events.ts'
import { MemoryPool } from './memory-pool.ts'
import { resolveSessionOptions, type SessionOptions } from './options.ts'
import { ownPeerId } from './own-peer-id.ts'
import { PeerDriver } from './peer-driver.ts'
import type { SessionPolicies } from './policies.ts'
import type { Mapped } from './port-mapping.ts'
import type { Handle, Inputs, Outcome, Ports, StreamId, Ticket } from './ports.ts'
import { Rounds } from './rounds.ts'
import { readSavedFiles } from './saved-files.ts'
import { Sockets } from './sockets.ts'
import { Surroundings } from './surroundings.ts'
import { Tickets } from './tickets.ts'
import { Torrents } from './torrents.ts'
import { Transports } from './transports.ts'
import { UdpMux } from './udp-mux.ts'

export interface SessionInit {
  readonly ports: Ports
  readonly options: Partial<SessionOptions>
  readonly policies?: SessionPolicies | undefined
  /** What the node of the first socket goes on with, instead of what is saved; asked when that is bound. */
  readonly handover?: (() => Handover) | undefined
  /** Called after the round in which it happened; commands given from within are inputs of the next round. */
  emit(event: SessionEvent): void
}

export interface FamilyStats {
  readonly family: 4 | 6
  readonly stats: DhtStats
}

/**
 * One node with its torrents: drives the machines against the nine ports. Everything that happens comes in through `Inputs`,
 * everything that is reported leaves through `emit`.
 */
export class Session implements Inputs {
  readonly options: SessionOptions
  /** What its torrents and peers hold: to be read only. */
  readonly memory: MemoryPool
  readonly #ports: Ports
  readonly #policies: SessionPolicies
  readonly #emit: (event: SessionEvent) => void
  readonly #tickets = new Tickets()
  readonly #rounds: Rounds
  readonly #sockets: Sockets
  readonly #torrents: Torrents
  readonly #pending: SessionEvent[] = []
  readonly #transports: Transports
  readonly #peers: PeerDriver
  #dht: DhtDriver | undefined
  #handover: (() => Handover) | undefined
  #surroundings: Surroundings | undefined
  #handles = 1_000
  #state: 'new' | 'opening' | 'open' | 'stopping' | 'stopped' = 'new'
  #early: Command[] = []
  #emitting = false

  /** Throws a usage error when an option is out of range. */
  constructor(init: SessionInit) {
    this.options = resolveSessionOptions(init.options)
    this.#ports = init.ports
    this.#policies = init.policies ?? {}
    this.#emit = init.emit
    this.#handover = init.handover
    this.#rounds = new Rounds(init.ports.clock)
    this.#sockets = new Sockets(init.ports, this.#tickets, this.#rounds, this.options)
    const peerId = ownPeerId(init.ports.random.secret)
    const encryption = Encryption.of(this.options.encryption, init.ports)
    this.memory = new MemoryPool(this.options.memory)
    this.#transports = new Transports({
      ports: init.ports,
      rounds: this.#rounds,
      options: this.options,
      localHost: (to) => this.#sockets.localHost(to),
      accepted: (now, stream, from) => this.#peers.accepted(now, stream, from),
      emit: (event) => this.#report(event),
    })
    this.#peers = new PeerDriver({
      crypto: init.ports.crypto,
      dialler: this.#transports.dialler,
      rounds: this.#rounds,
      ...{ encryption, memory: this.memory, peerId, maxPeers: this.options.maxPeers },
      crowds: () => this.#torrents.crowds,
      identify: (infoHash, from) => this.#torrents.home(infoHash, from),
    })
    this.#torrents = new Torrents({
      ports: init.ports,
      tickets: this.#tickets,
      rounds: this.#rounds,
      peers: this.#peers,
      encryption,
      session: this.options,
      peerId,
      limits: new RateLimits(0, this.options.downloadLimit, this.options.uploadLimit),
      memory: this.memory,
      policies: this.#policies.swarm,
      newHandle: () => ++this.#handles,
      emit: (event) => this.#report(event),
    })
  }

  /** Reads the state and opens the sockets; answered by `listening` events, or one `failed`. */
  start(now: Micros): void {
    this.#round(now, () => {
      this.#state = 'opening'
      if (this.options.dht) this.#readState()
      else this.#bind(now)
    })
  }

  timer(now: Micros): void {
    this.#rounds.begin(now)
    this.#rounds.tick(now)
    this.#end(now)
  }

  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void {
    this.#rounds.begin(now)
    this.#sockets.datagram(now, socket, from, bytes)
    this.#end(now)
  }

  accepted(now: Micros, _listener: Handle, stream: StreamId, from: Address): void {
    this.#round(now, () => this.#peers.accepted(now, this.#transports.tcp.accepted(stream), from))
  }

  connected(now: Micros, stream: StreamId): void {
    this.#round(now, () => this.#transports.tcp.connected(now, stream))
  }

  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void {
    this.#rounds.begin(now)
    this.#transports.tcp.chunk(now, stream, views)
    this.#end(now)
  }

  sent(now: Micros, stream: StreamId, bytes: number): void {
    this.#rounds.begin(now)
    this.#transports.tcp.sent(now, stream, bytes)
    this.#end(now)
  }

  streamClosed(now: Micros, stream: StreamId, reason: ErrorCode): void {
    this.#round(now, () => this.#transports.tcp.closed(now, stream, reason))
  }

  completed(now: Micros, ticket: Ticket, outcome: Outcome): void {
    this.#rounds.begin(now)
    this.#tickets.complete(now, ticket, outcome)
    this.#end(now)
  }

  command(now: Micros, command: Command): void {
    this.#round(now, () => this.#command(now, command))
  }

  /** A torrent at a glance; `undefined` when there is none of this number. */
  progress(now: Micros, torrent: number): TorrentProgress | undefined {
    return this.#torrents.progress(now, torrent)
  }

  /** A torrent's verified pieces: live, to be read only; `undefined` before its files are open. */
  pieces(torrent: number): Bitfield | undefined {
    return this.#torrents.of(torrent)?.torrent.pieces
  }

  dhtStats(now: Micros): readonly FamilyStats[] {
    return this.#dht?.stats(now) ?? []
  }

  /** What a gateway hands on to us. */
  get mapped(): Mapped | undefined {
    return this.#sockets.mapped
  }

  /** The items that are kept in the DHT. */
  get keptItems(): readonly Item[] {
    return this.#dht?.items.items ?? []
  }

  /** One per bound address. */
  dhtTables(): readonly DhtTable[] {
    return this.#dht?.tables() ?? []
  }

  #round(now: Micros, input: () => void): void {
    this.#rounds.begin(now)
    input()
    this.#end(now)
  }

  #end(now: Micros): void {
    this.#rounds.end(now)
    if (this.#emitting) return
    this.#emitting = true
    for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift())
      this.#emit(event)
    this.#emitting = false
  }

  #report(event: SessionEvent): void {
    this.#pending.push(event)
  }

  #readState(): void {
    readSavedFiles(this.#ports.state, this.#tickets, DhtDriver.FILES, (now, files) => {
      this.#dht = new DhtDriver({
        ports: this.#ports,
        tickets: this.#tickets,
        rounds: this.#rounds,
        options: this.options,
        policies: this.#policies.dht ?? {},
        ...files,
        emit: (event) => {
          this.#report(event)
          if (event.kind === 'network') this.#torrents.moved()
        },
      })
      this.#bind(now)
    })
  }

  #bind(now: Micros): void {
    this.#sockets.open(
      now,
      (at) => this.#opened(at),
      (warning) => this.#report({ kind: 'warning', torrent: undefined, ...warning }),
      (failure) => {
        this.#state = 'stopped'
        this.#report({ kind: 'failed', error: 'network', ...failure })
      },
    )
  }

  #opened(now: Micros): void {
    this.#state = 'open'
    const listens = this.options.listen || this.#dht !== undefined
    for (const place of this.#sockets.bound) {
      let nodeId: Id | undefined
      if (place.socket !== undefined) {
        const mux = new UdpMux()
        this.#sockets.read(place.socket, mux)
        this.#transports.open(now, place.socket, place.address.family, mux)
        nodeId = this.#dht?.add(now, place, mux, this.#handover?.())
        this.#handover = undefined
      }
      if (listens) this.#report({ kind: 'listening', address: place.address, nodeId })
    }
    this.#dht?.start(now)
    this.#surroundings = new Surroundings(now, {
      ports: this.#ports,
      tickets: this.#tickets,
      rounds: this.#rounds,
      sockets: this.#sockets,
      options: this.options,
      proxyTrouble: this.#transports.tcp.proxyTrouble,
      newHandle: () => ++this.#handles,
      emit: (event) => this.#report(event),
    })
    const early = this.#early
    this.#early = []
    for (const command of early) this.#command(now, command)
  }

  #command(now: Micros, command: Command): void {
    if (this.#state === 'new' || this.#state === 'opening') {
      this.#early.push(command)
      return
    }
    if (this.#state !== 'open') return
    switch (command.kind) {
      case 'add':
        this.#torrents.add(now, command, { dht: this.#dht, ...this.#surroundings!.place })
        break
      case 'remove':
        this.#torrents.remove(now, command)
        break
      case 'limits':
        this.#torrents.limit(now, command)
        break
      case 'move':
        this.#torrents.move(now, command.torrent, command.place)
        break
      case 'lookup':
        this.#dht?.lookup(now, command)
        break
      case 'cancel-lookup':
        this.#dht?.cancelLookup(now, command.lookup)
        break
      case 'ping':
        this.#dht?.ping(now, command.host, command.port, (at, outcome) => {
          const ok = outcome?.ok === true
          const nodeId = ok ? outcome.id : undefined
          this.#report({ kind: 'pong', ping: command.ping, elapsed: ok ? outcome.rtt : at - now, nodeId })
        })
        break
      case 'keep-item':
      case 'drop-item':
      case 'follow-item':
      case 'unfollow-item':
        this.#dht?.items.command(now, command)
        break
      case 'add-node':
        this.#dht?.addNode(now, command.host, command.port)
        break
      case 'stop':
        this.#stop(now)
        break
      default:
        this.#torrents.command(now, command)
    }
  }

  /** Every torrent's barrier and clean mark, and a word to its trackers; the table; then the sockets. */
  #stop(now: Micros): void {
    this.#state = 'stopping'
    let left = 2
    const stopped = (at: Micros): void => {
      left -= 1
      if (left === 0) this.#close(at)
    }
    this.#torrents.stop(now, (at) => this.#surroundings!.rest(at, stopped))
    if (this.#dht === undefined) stopped(now)
    else this.#dht.save(now, stopped)
  }

  #close(now: Micros): void {
    this.#state = 'stopped'
    this.#dht?.stop(now)
    this.#peers.closeStrangers()
    this.#transports.stop(now)
    this.#surroundings!.stop()
    this.#sockets.close()
    this.#report({ kind: 'stopped' })
  }
}
