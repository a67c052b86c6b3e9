import { formatMagnet } from '../codec/magnet.ts'
import type { Info } from '../codec/metainfo.ts'
import { encodeMetainfo, parseInfo } from '../codec/metainfo.ts'
import { toHex } from '../core/bytes.ts'
import { LodestoneError, usageError } from '../core/errors.ts'
import type { TorrentSource } from '../session/commands.ts'
import type { SessionEvent, TorrentProgress, TorrentStages } from '../session/events.ts'
import type { Finding, Spent } from '../session/why/finding.ts'
import { EventHub } from './event-hub.ts'
import type { DoneSummary, EventStream, LodestoneEvent, MetadataSummary } from './events.ts'
import { type Limits, rateLimits } from './options.ts'
import { below, plannedFiles } from './plan-files.ts'

/** A torrent at a glance. Rates in bytes per second. */
export interface Progress extends Omit<TorrentProgress, 'total' | 'findings' | 'spent'> {
  /** Bytes of the content; null before the metadata. */
  readonly total: number | null
  /** Milliseconds since it was added. */
  readonly stages: TorrentStages
}

/** What limits a torrent, and where its time went. */
export interface Why {
  /**
   * What the last ten seconds went to, most of it first; `as-fast-as-peers`: nothing limits it. Those with a share of 0 cost no time now and
   * are worth knowing. None when it wants nothing (more).
   */
  readonly findings: readonly Finding[]
  /** What the time went to since it was added, the longest first. */
  readonly spent: Spent
  /** Milliseconds since it was added; absent: not yet. */
  readonly stages: TorrentStages
}

/** What the session says of one torrent. */
export type TorrentEvent = Extract<SessionEvent, { readonly torrent: number | undefined }>

/** What a torrent is made with by the node that it belongs to. */
export interface TorrentInit {
  readonly source: TorrentSource
  readonly out: string
  readonly mode: 'download' | 'seed' | 'metadata'
  /** Aborting it removes the torrent. */
  readonly signal: AbortSignal | undefined
  sha1(bytes: Uint8Array): Uint8Array
  progress(): TorrentProgress | undefined
  move(place: number): void
  limit(rates: ReturnType<typeof rateLimits>): void
  /** Asks for its removal; answered by `removed`. */
  remove(): void
  /** Seconds since the torrent was added. */
  age(): number
  /** Tells the node's listeners. */
  tell(event: LodestoneEvent): void
}

const GONE: TorrentProgress = {
  phase: 'failed',
  verified: 0,
  total: undefined,
  down: 0,
  up: 0,
  peers: 0,
  uploaded: 0,
  received: 0,
  wasted: 0,
  checked: 0,
  why: '',
  findings: [],
  spent: [],
  stages: { added: 0 },
}

/** One torrent of a node: what is known of it, how far it is, what happens to it. Made by `Lodestone.add`. */
export class Torrent {
  /** Lower-case hex. */
  readonly infoHash: string
  /** What it holds, once known and verified. Rejects when the torrent fails or the node is closed before. */
  readonly metadata: Promise<MetadataSummary>
  /** Mode `download`: every piece is verified and handed to the kernel. Mode `metadata`: the metadata is there. */
  readonly done: Promise<DoneSummary>
  readonly #init: TorrentInit
  readonly #hub = new EventHub()
  #info: Info | undefined
  /** Bytes of files that are not wanted. */
  #skipped = 0
  #leaving = false
  readonly #gone: Promise<void>
  #isGone: () => void = () => {}
  readonly #onAbort = (): void => void this.remove()
  #resolveMetadata: (summary: MetadataSummary) => void = () => {}
  #resolveDone: (summary: DoneSummary) => void = () => {}
  #rejects: ((error: LodestoneError) => void)[] = []

  constructor(init: TorrentInit) {
    this.#init = init
    this.infoHash = toHex(init.source.infoHash)
    this.metadata = new Promise((resolve, reject) => {
      this.#resolveMetadata = resolve
      this.#rejects.push(reject)
    })
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve
      this.#rejects.push(reject)
    })
    this.#gone = new Promise((resolve) => {
      this.#isGone = resolve
    })
    init.signal?.addEventListener('abort', this.#onAbort)
    // Whoever awaits neither learns of failures by the `error` event; these must not end the process.
    this.metadata.catch(() => {})
    this.done.catch(() => {})
  }

  /** The link that names it, with its name once that is known. */
  get magnet(): string {
    const { infoHash, name } = this.#init.source
    return formatMagnet({ infoHash, name: this.#info?.name ?? name, peers: [], select: [], trackers: [] })
  }

  progress(): Progress {
    const { total, stages, findings: _f, spent: _s, ...rest } = this.#init.progress() ?? GONE
    return { ...rest, total: total ?? null, stages: inMs(stages) }
  }

  /** What limits it at this moment, with evidence, and where its time went. */
  why(): Why {
    const { findings, spent, stages } = this.#init.progress() ?? GONE
    return { findings, spent, stages: inMs(stages) }
  }

  /** The bytes of a `.torrent` file. Throws a usage error before the metadata is known. */
  torrentFile(): Uint8Array {
    if (this.#info === undefined) {
      throw usageError('torrent/no-metadata', 'The metadata of this torrent is not known yet.')
    }
    return encodeMetainfo({ infoBytes: this.#info.bytes })
  }

  /** What happens to this torrent from now on; leaving the loop or aborting the signal ends it. */
  events(options: { readonly signal?: AbortSignal } = {}): EventStream {
    return this.#hub.events(options.signal)
  }

  /** Changes its own limits, within those of the node, at once; one that is absent is lifted. */
  setLimits(limits: Limits): void {
    this.#init.limit(rateLimits(limits))
  }

  /** Puts it at this place, from 0, in the order in which the node's torrents have their turns (`maxActiveDownloads`). */
  moveTo(place: number): void {
    if (!Number.isInteger(place) || place < 0)
      throw usageError('options/place', `${place} is no place: give a whole number, 0 or more.`)
    this.#init.move(place)
  }

  /** Stops it; resolves when its resume data is safe. The files stay. A second call joins the first. */
  remove(): Promise<void> {
    if (!this.#leaving) {
      this.#leaving = true
      this.#init.remove()
    }
    return this.#gone
  }

  /** What the session reports. For the node alone. */
  happened(event: TorrentEvent): void {
    switch (event.kind) {
      case 'peer': {
        const { host, port } = event.address
        this.#tell({ type: 'peer', torrent: this.infoHash, host, port, source: event.source })
        break
      }
      case 'metadata':
        this.#info = parseInfo(event.bytes, this.#init.sha1)
        if (this.#init.mode === 'metadata') this.#summarise(plannedFiles(this.#info, this.#init.out))
        break
      case 'files':
        this.#summarise(event.files)
        break
      case 'done':
        this.#finished(event.wasted)
        break
      case 'seeding': {
        const { infoHash, magnet } = this
        this.#tell({ type: 'seeding', torrent: infoHash, infoHash, magnet })
        break
      }
      case 'queue':
        this.#tell({ type: 'queue', torrent: this.infoHash, queued: event.queued })
        break
      case 'seeded': {
        const { limit, uploaded, length, elapsed } = event
        const seconds = elapsed / 1e6
        this.#tell({ type: 'seeded', torrent: this.infoHash, limit, uploaded, length, seconds })
        break
      }
      case 'warning': {
        const { code, message, reason, address } = event
        const place = address === undefined ? {} : { host: address.host, port: address.port }
        const detail = reason === undefined ? {} : { reason }
        this.#tell({ type: 'warning', torrent: this.infoHash, code, message, ...detail, ...place })
        break
      }
      case 'error':
        this.#tell({ type: 'error', torrent: this.infoHash, code: event.code, message: event.message })
        this.#fail(new LodestoneError(event.error, event.code, event.message))
        break
      case 'removed':
        this.closed(new LodestoneError('closed', 'torrent/removed', 'The torrent was removed.'))
        break
    }
  }

  /** Nothing comes after this. For the node alone. */
  closed(error: LodestoneError): void {
    this.#init.signal?.removeEventListener('abort', this.#onAbort)
    this.#fail(error)
    this.#isGone()
  }

  #fail(error: LodestoneError): void {
    for (const reject of this.#rejects) reject(error)
    this.#hub.end()
  }

  #summarise(files: MetadataSummary['files']): void {
    this.#skipped = files.reduce((sum, { length, selected }) => sum + (selected ? 0 : length), 0)
    const { name, length, pieceLength, private: isPrivate } = this.#info!
    const summary = { name, length, files, pieceLength, private: isPrivate }
    this.#tell({ type: 'metadata', torrent: this.infoHash, ...summary })
    this.#resolveMetadata(summary)
  }

  #finished(wasted: number): void {
    const { name } = this.#info!
    const { infoHash } = this
    const length = this.#info!.length - this.#skipped
    const path = below(this.#init.out, [name])
    const summary: DoneSummary = { infoHash, path, length, seconds: this.#init.age(), wasted }
    this.#resolveDone(summary)
    this.#tell({ type: 'done', torrent: infoHash, ...summary })
  }

  #tell(event: LodestoneEvent): void {
    this.#hub.emit(event)
    this.#init.tell(event)
  }
}

function inMs(stages: TorrentStages): TorrentStages {
  const known = Object.entries(stages).map(([stage, at]) => [stage, (at as number) / 1000])
  return Object.fromEntries(known) as TorrentStages
}
