import { parseAddress } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import { LodestoneError, usageError } from '../core/errors.ts'
import type { Command } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { Inputs, Ports } from '../session/ports.ts'
import { Recorder } from '../session/recorder.ts'
import { Session } from '../session/session.ts'
import { EventHub } from './event-hub.ts'
import type { EventOf, LodestoneEvent } from './events.ts'
import { Lookup } from './lookup.ts'
import type { OpenOptions } from './options.ts'
import { endpoint, sessionOptions } from './options.ts'
import type { NodeStats } from './stats.ts'
import { nodeStats } from './stats.ts'
import type { TorrentEvent } from './torrent.ts'
import { Torrent } from './torrent.ts'
import type { TorrentInput } from './torrent-input.ts'
import { torrentSource } from './torrent-input.ts'

/** The machine underneath, as the face sees it. */
export interface Host {
  readonly ports: Ports
  /** What the ports' randomness was made from. */
  readonly seed: Uint8Array
  /** Microseconds. */
  now(): number
  attach(inputs: Inputs): void
  close(): Promise<void>
}

/** Where a record of the run goes. */
export interface RecordSink {
  write(bytes: Uint8Array): void
  close(): Promise<void>
}

type Pong = Extract<SessionEvent, { kind: 'pong' }>

export interface AddTorrentOptions {
  /** Folder for the files. Default: the current folder. */
  readonly out?: string
  /** `download` (default); `seed`: what is in `out` already; `metadata`: the info dictionary alone. */
  readonly mode?: 'download' | 'seed' | 'metadata'
  /** Whether files of the same names that hold something else may be written over. */
  readonly overwrite?: boolean
  /** Whether everything on disk is hashed again. */
  readonly recheck?: boolean
  readonly maxPeers?: number
  /** `host:port` of peers to begin with. */
  readonly peers?: readonly string[]
  /** Aborting it removes the torrent. */
  readonly signal?: AbortSignal
}

/** Where a node listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Lower-case hex; `undefined` without DHT. */
  readonly nodeId: string | undefined
}

/** A running node: a member of the DHT with any number of torrents. Made by `open`. */
export class Lodestone {
  /** One per bound address. */
  readonly addresses: readonly ListenAddress[] = []
  /** Bootstrapped, `nodes` good contacts strong (0 when alone); without DHT at once. Rejects when closed before. */
  readonly ready: Promise<{ readonly nodes: number; readonly ms: number }>
  readonly #host: Host
  readonly #session: Session
  readonly #inputs: Inputs
  readonly #hub = new EventHub()
  readonly #torrents = new Map<number, Torrent>()
  readonly #removals = new Map<number, () => void>()
  readonly #lookups = new Map<number, Lookup>()
  readonly #pings = new Map<number, (event: Pong) => void>()
  readonly #record: RecordSink | undefined
  readonly #begin: () => void
  #numbers = 0
  #isReady: (value: { nodes: number; ms: number }) => void = () => {}
  #neverReady: (error: Error) => void = () => {}
  #opened: () => void = () => {}
  #notOpened: (error: Error) => void = () => {}
  #stopped: () => void = () => {}
  #closing: Promise<void> | undefined

  private constructor(host: Host, options: OpenOptions, record: RecordSink | undefined) {
    this.#host = host
    this.#record = record
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve
      this.#neverReady = reject
    })
    this.ready.catch(() => {})
    const given = sessionOptions(options)
    const recorder = record === undefined ? undefined : new Recorder((bytes) => record.write(bytes))
    const session = new Session({
      ports: recorder?.watch(host.ports) ?? host.ports,
      options: given,
      emit: (event) => {
        recorder?.event(host.now(), event)
        this.#happened(event)
      },
    })
    this.#session = session
    this.#inputs = recorder ?? session
    this.#begin = () => {
      host.attach(this.#inputs)
      if (recorder === undefined) session.start(host.now())
      else recorder.start(host.now(), session, given, host.seed)
    }
  }

  /** Opens the sockets. Rejects with a `LodestoneError` when a port cannot be had or an option is wrong. */
  static async open(host: Host, options: OpenOptions, record?: RecordSink): Promise<Lodestone> {
    try {
      const node = new Lodestone(host, options, record)
      await new Promise<void>((resolve, reject) => {
        node.#opened = resolve
        node.#notOpened = reject
        node.#begin()
      })
      if (options.dht === false) node.#isReady({ nodes: 0, ms: 0 })
      return node
    } catch (error) {
      await host.close()
      await record?.close()
      throw error
    }
  }

  /** Begins a torrent. Throws a usage error when `input` names none; later failures are the torrent's. */
  add(input: TorrentInput, options: AddTorrentOptions = {}): Torrent {
    const source = torrentSource(input)
    const { out = '.', mode = 'download', overwrite = false, recheck = false, peers = [], signal } = options
    const manual = peers.map((text) => endpoint(text, 'peers'))
    const number = ++this.#numbers
    const added = this.#host.now()
    const torrent = new Torrent({
      source,
      out,
      mode,
      sha1: this.#host.ports.crypto.sha1,
      progress: () => this.#session.progress(this.#host.now(), number),
      remove: () => this.#remove(number),
      age: () => (this.#host.now() - added) / 1e6,
      tell: (event) => this.#hub.emit(event),
    })
    this.#torrents.set(number, torrent)
    const maxPeers = options.maxPeers ?? this.#session.options.maxPeers
    const settings = { out, mode, overwrite, recheck, maxPeers }
    this.#command({ kind: 'add', torrent: number, source, options: settings })
    for (const { host, port } of manual) this.#command({ kind: 'add-peer', torrent: number, host, port })
    signal?.addEventListener('abort', () => void this.#remove(number), { once: true })
    return torrent
  }

  /** Looks for the peers of a torrent in the DHT, and announces a port to it when asked to. `infoHash`: 40 hex or base32. */
  lookup(
    infoHash: string,
    options: { readonly announce?: number; readonly signal?: AbortSignal } = {},
  ): Lookup {
    const target = torrentSource(infoHash).infoHash
    const { announce, signal } = options
    const number = ++this.#numbers
    const lookup = new Lookup(signal, () => this.#command({ kind: 'cancel-lookup', lookup: number }))
    this.#lookups.set(number, lookup)
    this.#command({
      kind: 'lookup',
      lookup: number,
      target,
      want: 'peers',
      ...(announce === undefined ? {} : { announce }),
    })
    return lookup
  }

  /** Asks a DHT node whether it lives. Rejects with a `timeout` error when it does not answer. */
  async ping(
    host: string,
    port: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly ms: number; readonly nodeId: string }> {
    const address = parseAddress(host, port)
    if (address === undefined || !address.usable) {
      throw usageError('ping/bad-address', `"${host}" port ${port} is not an address that can be pinged.`)
    }
    options.signal?.throwIfAborted()
    const number = ++this.#numbers
    const pong = await new Promise<Pong>((resolve, reject) => {
      this.#pings.set(number, resolve)
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error), { once: true })
      this.#command({ kind: 'ping', ping: number, address })
    })
    if (pong.nodeId === undefined) {
      throw new LodestoneError('timeout', 'ping/no-answer', `${address.text} does not answer.`, {
        address: address.text,
      })
    }
    return { ms: pong.elapsed / 1000, nodeId: toHex(pong.nodeId) }
  }

  /** Tells the node of a DHT node to get to know. */
  addNode(host: string, port: number): void {
    this.#command({ kind: 'add-node', host, port })
  }

  /** Changes the limits, in bytes per second; absent: none. */
  setLimits(limits: { readonly download?: number; readonly upload?: number }): void {
    const { download = Number.POSITIVE_INFINITY, upload = Number.POSITIVE_INFINITY } = limits
    this.#command({ kind: 'limits', download, upload })
  }

  stats(): NodeStats {
    return nodeStats(this.#session.dhtStats(this.#host.now()))
  }

  /** Calls `listener` at each event of this type, of the node and of all its torrents; returns how to stop it. */
  on<T extends LodestoneEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    return this.#hub.on(type, listener)
  }

  /** Everything that happens from now on; leaving the loop or aborting the signal ends it. */
  events(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<LodestoneEvent> {
    return this.#hub.events(options.signal)
  }

  /** Stops cleanly: resume data and routing table are on disk when it resolves. A second call joins the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stopped = resolve
      this.#command({ kind: 'stop' })
    })
    await this.#host.close()
    await this.#record?.close()
    const closed = new LodestoneError('closed', 'node/closed', 'The node was closed.')
    this.#neverReady(closed)
    for (const torrent of this.#torrents.values()) torrent.fail(closed)
    for (const removed of this.#removals.values()) removed()
    this.#torrents.clear()
    this.#hub.end()
  }

  #command(command: Command): void {
    this.#inputs.command(this.#host.now(), command)
  }

  #remove(number: number): Promise<void> {
    if (!this.#torrents.has(number)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#removals.set(number, resolve)
      this.#command({ kind: 'remove', torrent: number })
    })
  }

  #happened(event: SessionEvent): void {
    switch (event.kind) {
      case 'listening':
        this.#listening(event)
        break
      case 'failed':
        this.#notOpened(new LodestoneError(event.error, event.code, event.message))
        break
      case 'ready':
        this.#isReady({ nodes: event.nodes, ms: event.elapsed / 1000 })
        this.#hub.emit({ type: 'ready', nodes: event.nodes, ms: event.elapsed / 1000 })
        break
      case 'lookup-peers':
        for (const { host, port } of event.peers) this.#lookups.get(event.lookup)?.found({ host, port })
        break
      case 'lookup':
        this.#lookupEnded(event)
        break
      case 'pong':
        this.#pings.get(event.ping)?.(event)
        this.#pings.delete(event.ping)
        break
      case 'stopped':
        this.#stopped()
        break
      default:
        this.#torrentHappened(event)
    }
  }

  #torrentHappened(event: TorrentEvent): void {
    if (event.torrent === undefined) {
      if (event.kind === 'warning')
        this.#hub.emit({ type: 'warning', code: event.code, message: event.message })
      return
    }
    this.#torrents.get(event.torrent)?.happened(event)
    if (event.kind !== 'removed') return
    this.#torrents.delete(event.torrent)
    this.#removals.get(event.torrent)?.()
    this.#removals.delete(event.torrent)
  }

  #listening({ address, nodeId }: Extract<SessionEvent, { kind: 'listening' }>): void {
    const { host, port } = address
    const places = this.addresses as ListenAddress[]
    places.push({ host, port, nodeId: nodeId === undefined ? undefined : toHex(nodeId) })
    this.#opened()
  }

  #lookupEnded(event: Extract<SessionEvent, { kind: 'lookup' }>): void {
    const { queries, responses, peers, elapsed } = event
    const summary = { target: toHex(event.target), queries, responses, peers, ms: elapsed / 1000 }
    this.#hub.emit({ type: 'lookup', ...summary })
    this.#lookups.get(event.lookup)?.finish(summary)
    this.#lookups.delete(event.lookup)
  }
}
