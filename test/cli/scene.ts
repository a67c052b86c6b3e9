/** The library as far as commands use it, moved by hand, and a way to run a command line against it. */
import { readFile } from 'node:fs/promises'
import type { Library } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { Stopped, type StopReason } from '../../src/cli/stopping.ts'
import type {
  CreateTorrentOptions,
  DoneSummary,
  FoundItem,
  LodestoneEvent,
  MetadataSummary,
  Metainfo,
  OpenOptions,
  Progress,
  PutSummary,
  RuleResult,
  Score,
  Why,
} from '../../src/index.ts'
import { followTorrent, LodestoneError, parseItemLink, planDownload, saveTorrent } from '../../src/index.ts'

export const HASH = '0123456789abcdef0123456789abcdef01234567'
export const MAGNET: string = `magnet:?xt=urn:btih:${HASH}&dn=some+name`
export const NODE_ID = 'ffffffffffffffffffffffffffffffffffffffff'

class Deferred<T> {
  readonly promise: Promise<T>
  resolve: (value: T) => void = () => {}
  reject: (error: unknown) => void = () => {}

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => {})
  }
}

export const METADATA: MetadataSummary = {
  name: 'some name',
  length: 3000,
  files: [
    { index: 0, path: 'some name/a', length: 1000, selected: true, priority: 'normal' },
    { index: 1, path: 'some name/b', length: 2000, selected: true, priority: 'normal' },
  ],
  pieceLength: 16384,
  private: false,
}

export const DONE: DoneSummary = { infoHash: HASH, path: 'some name', length: 3000, seconds: 2, wasted: 16 }

class FakeTorrent {
  readonly infoHash = HASH
  readonly magnet = MAGNET
  readonly metadataCame = new Deferred<MetadataSummary>()
  readonly finished = new Deferred<DoneSummary>()
  state: Progress = {
    phase: 'looking-up',
    received: 0,
    wasted: 0,
    why: '',
    verified: 0,
    total: null,
    down: 0,
    up: 0,
    peers: 0,
    encrypted: 0,
    utp: 0,
    punched: 0,
    uploaded: 0,
    checked: 0,
    stages: { added: 0 },
  }

  get metadata(): Promise<MetadataSummary> {
    return this.metadataCame.promise
  }

  get done(): Promise<DoneSummary> {
    return this.finished.promise
  }

  reasons: Why = { findings: [], spent: [], stages: { added: 0 } }

  progress(): Progress {
    return this.state
  }

  why(): Why {
    return this.reasons
  }

  removed = 0

  async remove(): Promise<void> {
    this.removed += 1
  }

  torrentFile(): Uint8Array {
    return new TextEncoder().encode('d4:infodee')
  }
}

class FakeNode {
  readonly addresses = [{ host: '127.0.0.1', port: 6881, nodeId: NODE_ID }]
  readonly booted = new Deferred<{ nodes: number; ms: number }>()
  readonly torrent = new FakeTorrent()
  readonly added: { source: unknown; options: Record<string, unknown> }[] = []
  readonly lookups: { target: string; options: Record<string, unknown> }[] = []
  isSuspicious = false
  found: readonly { host: string; port: number }[] = []
  samples: readonly object[] = []
  walks: readonly object[] = []
  responses = 8
  itemsFound: FoundItem[] = []
  readonly puts: { value: unknown; options: Record<string, unknown> }[] = []
  stored: Promise<PutSummary> = Promise.resolve({ target: HASH, nodes: 8, ms: 1500 })
  pong: Promise<{ ms: number; nodeId: string }> = Promise.resolve({ ms: 12.5, nodeId: NODE_ID })
  closed = 0
  #listeners: { type: string; listener: (event: LodestoneEvent) => void }[] = []

  get ready(): Promise<{ nodes: number; ms: number }> {
    return this.booted.promise
  }

  on(type: string, listener: (event: LodestoneEvent) => void): () => void {
    const entry = { type, listener }
    this.#listeners.push(entry)
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== entry)
    }
  }

  emit(event: LodestoneEvent): void {
    for (const { type, listener } of this.#listeners) if (type === event.type) listener(event)
  }

  add(source: unknown, options: Record<string, unknown>): FakeTorrent {
    this.added.push({ source, options })
    return this.torrent
  }

  lookup(target: string, options: Record<string, unknown>): unknown {
    this.lookups.push({ target, options })
    const { found, responses } = this
    const explained = options['explain'] === true ? { walks: this.walks } : {}
    const scrape =
      options['scrape'] === true ? { scrape: { seeds: 3, downloaders: 1, saturated: false } } : {}
    return {
      async *[Symbol.asyncIterator]() {
        yield* found
      },
      result: Promise.resolve({
        target: HASH,
        queries: 9,
        responses,
        peers: found.length,
        ms: 1500,
        suspicious: this.isSuspicious,
        ...scrape,
        ...explained,
      }),
    }
  }

  sample(target: string): unknown {
    this.lookups.push({ target, options: {} })
    const { samples, responses } = this
    return {
      async *[Symbol.asyncIterator]() {
        yield* samples
      },
      result: Promise.resolve({ target, queries: 9, responses, peers: 0, ms: 1500, suspicious: false }),
    }
  }

  readonly versions = {
    recall: (): Promise<unknown> => Promise.resolve({ newest: undefined, files: [] }),
    remember: (): Promise<void> => Promise.resolve(),
    metainfoOf: ({ infoHash }: FakeTorrent): string => `what is known of ${infoHash}`,
  }
  readonly items = {
    get: (target: string, options: Record<string, unknown>): unknown => {
      this.lookups.push({ target, options })
      const { itemsFound, responses } = this
      return {
        async *[Symbol.asyncIterator]() {
          yield* itemsFound
        },
        result: Promise.resolve({ target, queries: 9, responses, peers: 0, announced: 0, ms: 1500 }),
      }
    },
    follow: (target: string, options: Record<string, unknown>): unknown => {
      this.lookups.push({ target, options })
      const { itemsFound } = this
      return {
        async *[Symbol.asyncIterator]() {
          yield* itemsFound
          await new Promise((resolve) =>
            (options['signal'] as AbortSignal).addEventListener('abort', resolve),
          )
        },
      }
    },
    put: (value: unknown, options: Record<string, unknown>): Promise<PutSummary> => {
      this.puts.push({ value, options })
      return this.stored
    },
  }

  ping(): Promise<{ ms: number; nodeId: string }> {
    return this.pong
  }

  stats(): Record<string, unknown> {
    return {
      nodes: 1,
      nodes6: 2,
      queriesIn: 3,
      queriesOut: 4,
      responses: 5,
      timeouts: 6,
      hashes: 7,
      peers: 8,
      dropped: 9,
      network: { status: 'online', external: ['60.1.1.1'], reachable: true, readOnly: false },
      connections: { peers: 0, encrypted: 0, utp: 0, punched: 0 },
    }
  }

  async close(): Promise<void> {
    this.closed += 1
  }
}

export interface Ticker {
  readonly ms: number
  readonly tick: () => void
}

/** One command line under way, in a world that moves only when told. */
export class Scene {
  readonly node = new FakeNode()
  readonly opened: OpenOptions[] = []
  readonly created: { path: string; options: CreateTorrentOptions }[] = []
  readonly stopper = new AbortController()
  tickers: Ticker[] = []
  stdout = ''
  stderr = ''
  clock = 0
  env: Record<string, string> = {}
  terminal = false
  openFails: unknown
  probing: { readonly results: readonly RuleResult[]; readonly score: Promise<Score> } | undefined
  readonly probed: { host: string; port: number; options: Record<string, unknown> }[] = []
  saveFails: unknown
  /** Parts of the library that stand in place of those made up here. */
  replaced: Partial<Library> = {}
  /** Settles the hashing of `create` and `seed`. */
  readonly hashed = new Deferred<void>()

  run(...args: string[]): Promise<number> {
    return run(args, COMMANDS, {
      stdout: { write: (text: string) => (this.stdout += text), isTTY: this.terminal, columns: 80 },
      stderr: { write: (text: string) => (this.stderr += text) },
      env: this.env,
      now: () => this.clock,
      every: (ms, tick) => {
        const ticker = { ms, tick }
        this.tickers.push(ticker)
        return () => {
          this.tickers = this.tickers.filter((one) => one !== ticker)
        }
      },
      stop: this.stopper.signal,
      library: this.#library(),
      version: '1.2.3',
    })
  }

  stop(reason: StopReason): void {
    this.stopper.abort(new Stopped(reason))
  }

  /** Fires what was to be called each `ms`. */
  tick(ms: number): void {
    for (const ticker of this.tickers) if (ticker.ms === ms) ticker.tick()
  }

  /** The JSON lines so far. */
  get events(): Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  named(event: string): Record<string, unknown>[] {
    return this.events.filter((one) => one['event'] === event)
  }

  #library(): Library {
    const library = {
      open: async (options: OpenOptions) => {
        this.opened.push(options)
        if (this.openFails !== undefined) throw this.openFails
        return this.node
      },
      createTorrent: async (path: string, options: CreateTorrentOptions) => {
        this.created.push({ path, options })
        await this.hashed.promise
        const bytes = new TextEncoder().encode('d4:infodee')
        return { metainfo: { fake: 'metainfo' }, bytes, magnet: MAGNET, ...METADATA, infoHash: HASH }
      },
      // What the fake torrents of these tests begin with is all that tells them from other files.
      readTorrent: async (path: string) => {
        if ((await readFile(path, 'latin1')).startsWith('d4:info')) return METAINFO
        throw new LodestoneError('remote', 'metainfo/malformed', 'It is not bencoded.')
      },
      saveTorrent: async (path: string, bytes: Uint8Array) => {
        if (this.saveFails !== undefined) throw this.saveFails
        await saveTorrent(path, bytes)
      },
      parseMagnet: (text: string) => {
        if (!text.includes(HASH))
          throw new LodestoneError('usage', 'magnet/no-hash', 'The magnet link names no hash.')
        return { name: 'some name', infoHash: Buffer.from(HASH, 'hex') }
      },
      followTorrent,
      parseItemLink,
      parseTorrent: () => METAINFO,
      planDownload,
      probe: (host: string, port: number, { signal: _, ...options }: Record<string, unknown>) => {
        this.probed.push({ host, port, options })
        const { results, score } = this.probing!
        return {
          addresses: [{ host: '127.0.0.1', port: 7000 }],
          score,
          async *[Symbol.asyncIterator]() {
            yield* results
          },
        }
      },
    }
    return { ...library, ...this.replaced } as unknown as Library
  }
}

export const METAINFO: Metainfo = {
  info: {
    ...METADATA,
    infoHash: Buffer.from(HASH, 'hex'),
    files: [
      { path: ['some name', 'a'], length: 1000, offset: 0, pad: false, rawPath: 'a', symlink: false },
      { path: ['some name', 'b'], length: 2000, offset: 1000, pad: false, rawPath: 'b', symlink: false },
    ],
  },
  nodes: [],
  trackers: [['udp://one.example:1', 'https://two.example/'], ['http://three.example/']],
  webSeeds: ['https://web.example/'],
} as unknown as Metainfo

/** Lets everything that is already settled run on. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** Lets a command that touches the disk come to where `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 5000 && !condition(); turns++) await turn()
  if (!condition()) throw new Error('it never came to that')
}
