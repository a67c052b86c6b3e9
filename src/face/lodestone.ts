import { toHex } from '../core/bytes.ts'
import { LodestoneError, usageError } from '../core/errors.ts'
import type { Command } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { Inputs } from '../session/ports.ts'
import { Session } from '../session/session.ts'
import { EventHub } from './event-hub.ts'
import type { EventOf, EventStream, ListenAddress, LodestoneEvent } from './events.ts'
import type { Host } from './host.ts'
import { Items } from './items.ts'
import type { Lookup } from './lookup.ts'
import type { NodeSample } from './node-sample.ts'
import { OpenTorrents } from './open-torrents.ts'
import { checkOptions, checkText } from './option-shapes.ts'
import type { AddTorrentOptions, Limits, LookupOptions, OpenOptions } from './options.ts'
import { addOptions, checkPort, endpoints, rateLimits, sessionOptions } from './options.ts'
import { Pings } from './pings.ts'
import { Places } from './places.ts'
import type { OpenRecord } from './run-record.ts'
import { RunRecord } from './run-record.ts'
import type { NodeStats } from './stats.ts'
import { networkSummary, nodeStats } from './stats.ts'
import { Torrent } from './torrent.ts'
import type { TorrentInput } from './torrent-input.ts'
import { torrentSource } from './torrent-input.ts'
import { Versions } from './versions.ts'
import { type WalkEvent, Walks } from './walks.ts'

/** A running node: a member of the DHT with any number of torrents. Made by `open`. */
export class Lodestone {
  /** Bootstrapped, `nodes` good contacts strong (0 when alone); without DHT at once. Rejects when closed before. */
  readonly ready: Promise<{ readonly nodes: number; readonly ms: number }>
  /** Items of the DHT (BEP 44). */
  readonly items: Items
  /** Of torrents that change (BEP 46). */
  readonly versions: Versions
  readonly #host: Host
  readonly #session: Session
  readonly #inputs: Inputs
  readonly #hub = new EventHub()
  readonly #torrents = new OpenTorrents()
  readonly #walks = new Walks((command) => this.#command(command))
  readonly #pings = new Pings()
  readonly #places = new Places()
  readonly #record: RunRecord | undefined
  readonly #begin: () => void
  #numbers = 0
  #isReady: (value: { nodes: number; ms: number }) => void = () => {}
  #neverReady: (error: Error) => void = () => {}
  #opened: () => void = () => {}
  #notOpened: (error: Error) => void = () => {}
  #stopped: () => void = () => {}
  #closing: Promise<void> | undefined

  private constructor(host: Host, options: OpenOptions, openRecord: OpenRecord | undefined) {
    this.#host = host
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve
      this.#neverReady = reject
    })
    this.ready.catch(() => {})
    const given = sessionOptions(options)
    if (openRecord !== undefined) this.#record = new RunRecord(openRecord, (why) => this.#recordEnded(why))
    const recorder = this.#record?.recorder
    const session = new Session({
      ports: recorder?.watch(host.ports) ?? host.ports,
      options: given,
      emit: (event) => {
        recorder?.event(host.now(), event)
        this.#happened(event)
      },
    })
    this.#session = session
    this.items = new Items({
      crypto: host.ports.crypto,
      check: () => this.#checkDht(),
      walk: (request, signal) => this.#walks.forItems(++this.#numbers, request, signal),
      command: (command) => this.#command(command),
      number: () => ++this.#numbers,
      kept: () => session.keptItems,
    })
    this.versions = new Versions({
      crypto: host.ports.crypto,
      command: (command) => this.#command(command),
      number: () => ++this.#numbers,
    })
    this.#inputs = recorder ?? session
    this.#begin = () => {
      host.attach(this.#inputs)
      if (recorder === undefined) session.start(host.now())
      else recorder.start(host.now(), session, given, host.seed)
    }
  }

  /** Opens the sockets. Rejects with a `LodestoneError` when a port cannot be had or an option is wrong. */
  static async open(host: Host, options: OpenOptions, openRecord?: OpenRecord): Promise<Lodestone> {
    let record: RunRecord | undefined
    try {
      const node = new Lodestone(host, options, openRecord)
      record = node.#record
      await record?.open()
      await node.#open()
      return node
    } catch (error) {
      await host.close()
      await record?.close(host.now())
      throw error
    }
  }

  /** One per bound address. */
  get addresses(): readonly ListenAddress[] {
    return this.#places.list
  }

  /**
   * Begins a torrent, or returns that which is there already (event `warning`, `torrent/present`): peers and selected files come on top of
   * what it has, and other options are left as they were. In another folder or mode it is refused. Throws a usage error for a wrong option or when `input` names none; later failures are the torrent's.
   */
  add(input: TorrentInput, options: AddTorrentOptions = {}): Torrent {
    this.#checkOpen()
    checkOptions('add', options)
    const source = torrentSource(input)
    const files = typeof input === 'string' ? undefined : input.info.files.length
    const settings = addOptions(options, this.#session.options.maxPeers, files)
    const { out, mode, select = [] } = settings
    const { peers = [], signal } = options
    const manual = endpoints(peers, 'peers')
    signal?.throwIfAborted()
    const present = this.#torrents.present(source, options)
    if (present !== undefined) return present.merge(source, select, manual)
    const number = ++this.#numbers
    const added = this.#host.now()
    const torrent = new Torrent({
      number,
      source,
      out,
      mode,
      signal,
      crypto: this.#host.ports.crypto,
      progress: () => this.#session.progress(this.#host.now(), number),
      command: (command) => this.#command(command),
      age: () => (this.#host.now() - added) / 1e6,
      tell: (event) => this.#hub.emit(event),
    })
    this.#torrents.add(number, torrent)
    this.#command({ kind: 'add', torrent: number, source, options: settings })
    for (const { host, port } of manual) this.#command({ kind: 'add-peer', torrent: number, host, port })
    return torrent
  }

  /** Looks for the peers of a torrent in the DHT. `infoHash`: 40 hex or base32. */
  lookup(infoHash: string, options: LookupOptions = {}): Lookup {
    this.#checkDht()
    checkOptions('lookup', options)
    const target = torrentSource(infoHash).infoHash
    const { announce, scrape = false, explain = false, signal } = options
    if (announce !== undefined) checkPort(announce, 'announce')
    signal?.throwIfAborted()
    const announcing = announce === undefined ? {} : { announce }
    return this.#walks.forPeers(
      ++this.#numbers,
      { target, want: 'peers', scrape, explain, ...announcing },
      signal,
    )
  }

  /**
   * Asks nodes on the way to `near` (40 hex or base32) which info-hashes they keep (BEP 51): a walk through one corner of the DHT. Nodes
   * are not asked again before their interval is over, as long as this one lives.
   */
  sample(near: string, options: { readonly signal?: AbortSignal } = {}): Lookup<NodeSample> {
    this.#checkDht()
    checkOptions('sample', options)
    const { signal } = options
    const target = torrentSource(near).infoHash
    signal?.throwIfAborted()
    return this.#walks.forSamples(++this.#numbers, { target, want: 'samples' }, signal)
  }

  /**
   * Asks a DHT node whether it lives; `host` is an address or a name. Rejects with a `timeout` error when it does not
   * answer, and with the signal's reason when that is aborted.
   */
  async ping(
    host: string,
    port: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly ms: number; readonly nodeId: string }> {
    this.#checkDht()
    checkOptions('ping', options)
    checkText(host, 'host')
    const { signal } = options
    checkPort(port, 'ping')
    signal?.throwIfAborted()
    const number = ++this.#numbers
    const send = (): void => this.#command({ kind: 'ping', ping: number, host, port })
    const { elapsed, nodeId } = await this.#pings.wait(number, signal, send)
    if (nodeId !== undefined) return { ms: elapsed / 1000, nodeId: toHex(nodeId) }
    this.#checkOpen()
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    throw new LodestoneError('timeout', 'ping/no-answer', `${address} does not answer.`, { address })
  }

  /** Tells the node of a DHT node to get to know. */
  addNode(host: string, port: number): void {
    this.#checkDht()
    checkText(host, 'host')
    checkPort(port, 'addNode')
    this.#command({ kind: 'add-node', host, port })
  }

  /** Changes the limits of all torrents together, at once; one that is absent is lifted. */
  setLimits(limits: Limits): void {
    this.#checkOpen()
    checkOptions('setLimits', limits)
    this.#command({ kind: 'limits', ...rateLimits(limits) })
  }

  stats(): NodeStats {
    const torrents = this.#torrents.list.map((torrent) => torrent.progress())
    return nodeStats(this.#session.dhtStats(this.#host.now()), this.#session.mapped, torrents)
  }

  /** Calls `listener` at each event of this type, of the node and of all its torrents; returns how to stop it. */
  on<T extends LodestoneEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    return this.#hub.on(type, listener)
  }

  /** Everything that happens from now on; leaving the loop or aborting the signal ends it. */
  events(options: { readonly signal?: AbortSignal } = {}): EventStream {
    checkOptions('events', options)
    return this.#hub.events(options.signal)
  }

  /** Stops cleanly: resume data and routing table are on disk when it resolves. A second call joins the first. */
  close(): Promise<void> {
    // A turn later: what closes it may be a listener, in the middle of the session's own events.
    this.#closing ??= Promise.resolve().then(() => this.#close())
    return this.#closing
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opened = resolve
      this.#notOpened = reject
      this.#begin()
      const { dht, listen } = this.#session.options
      if (!dht) this.#isReady({ nodes: 0, ms: 0 })
      // Without any socket of its own there is nothing to wait for.
      if (!dht && !listen) resolve()
    })
  }

  async #close(): Promise<void> {
    const error = closed()
    // Before the session ends them, as if they had found nobody.
    this.#walks.fail(error)
    this.#pings.fail(error)
    await new Promise<void>((resolve) => {
      this.#stopped = resolve
      this.#inputs.command(this.#host.now(), { kind: 'stop' })
    })
    await this.#host.close()
    await this.#record?.close(this.#host.now())
    this.#neverReady(error)
    this.#torrents.close(error)
    this.items.end()
    this.versions.end()
    this.#hub.end()
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed()
  }

  #checkDht(): void {
    this.#checkOpen()
    if (this.#session.options.dht) return
    throw usageError('dht/off', 'This node was opened without DHT.')
  }

  /** Once the node is being closed, what was asked for ends with it. */
  #command(command: Command): void {
    if (this.#closing === undefined) this.#inputs.command(this.#host.now(), command)
  }

  #recordEnded(why: string): void {
    const message = `The record of this run ends here (${why}); the run goes on.`
    this.#hub.emit({ type: 'warning', code: 'record/ended', message })
  }

  #happened(event: SessionEvent): void {
    switch (event.kind) {
      case 'listening':
        this.#places.opened(event)
        this.#opened()
        break
      case 'network':
        this.#hub.emit({ type: 'network', ...networkSummary(event.network) })
        break
      case 'node-id':
        this.#hub.emit({ type: 'node-id', ...this.#places.renamed(event) })
        break
      case 'failed':
        this.#notOpened(new LodestoneError(event.error, event.code, event.message))
        break
      case 'ready':
        this.#isReady({ nodes: event.nodes, ms: event.elapsed / 1000 })
        this.#hub.emit({ type: 'ready', nodes: event.nodes, ms: event.elapsed / 1000 })
        break
      case 'lookup-peers':
      case 'lookup-sample':
      case 'lookup-item':
      case 'lookup':
        this.#walked(event)
        break
      case 'kept':
        this.items.remembered(event.keep)
        break
      case 'followed':
        this.items.found(event)
        break
      case 'versions':
        this.versions.happened(event)
        break
      case 'pong':
        this.#pings.answered(event)
        break
      case 'stopped':
        this.#stopped()
        break
      default:
        this.#torrents.happened(event)
        if (event.kind === 'warning' && event.torrent === undefined)
          this.#hub.emit({ type: 'warning', code: event.code, message: event.message })
    }
  }

  #walked(event: WalkEvent): void {
    const summary = this.#walks.happened(event)
    if (summary !== undefined) this.#hub.emit({ type: 'lookup', ...summary })
  }
}

function closed(): LodestoneError {
  return new LodestoneError('closed', 'node/closed', 'The node was closed.')
}
