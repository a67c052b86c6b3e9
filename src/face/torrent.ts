import type { FileRange } from '../codec/file-ranges.ts'
import type { Info } from '../codec/metainfo.ts'
import { parseInfo } from '../codec/metainfo.ts'
import { toHex } from '../core/bytes.ts'
import { type ErrorCode, LodestoneError, usageError } from '../core/errors.ts'
import type { TorrentSource } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { FileChange, Priority } from '../session/file-change.ts'
import { EventHub } from './event-hub.ts'
import type { DoneSummary, EventStream, LodestoneEvent, MetadataSummary } from './events.ts'
import { checkRange, rangeOf } from './file-range.ts'
import { OpenReads } from './open-reads.ts'
import { checkOptions, checkText } from './option-shapes.ts'
import { type AddTorrentOptions, type FileSelection, fileRanges, type Limits, rateLimits } from './options.ts'
import { below, plannedFiles } from './plan-files.ts'
import { type Progress, shownProgress, shownWhy, type Why } from './progress.ts'
import type { RangeRead, ReadOptions } from './range-read.ts'
import { linkOf, torrentFileOf } from './torrent-file.ts'
import type { TorrentInit } from './torrent-init.ts'
import { torrentNews } from './torrent-news.ts'

/** What the session says of one torrent. */
export type TorrentEvent = Extract<SessionEvent, { readonly torrent: number | undefined }>

export interface RemoveOptions {
  /** Removes what it has put on the disk as well. Default: false. */
  readonly files?: boolean
}

const PRIORITIES: readonly Priority[] = ['skip', 'low', 'normal', 'high']

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
  #layers: Uint8Array | undefined
  /** Bytes of the files that are wanted. */
  #wanted = 0
  #leaving = false
  #erasing = false
  /** Why nothing comes of it any more. */
  #end: LodestoneError | undefined
  /** Where its files are. */
  #out: string
  /** How a move that was asked for ends. */
  #moving: ((error: LodestoneError | undefined) => void) | undefined
  readonly #reads: OpenReads
  readonly #gone: Promise<void>
  #isGone: () => void = () => {}
  readonly #onAbort = (): void => void this.remove()
  #resolveMetadata: (summary: MetadataSummary) => void = () => {}
  #resolveDone: (summary: DoneSummary) => void = () => {}
  #rejects: ((error: LodestoneError) => void)[] = []

  constructor(init: TorrentInit) {
    this.#init = init
    this.#out = init.out
    this.#reads = new OpenReads(init.number, (command) => init.command(command))
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

  /** Whether it is the same as what would be added with these options, and goes on. */
  serves({ out = this.#out, mode = this.#init.mode }: Pick<AddTorrentOptions, 'out' | 'mode'>): boolean {
    return !this.#leaving && this.#end === undefined && out === this.#out && mode === this.#init.mode
  }

  /** It was added again: peers and files come on top of what it has. For the node alone. */
  merge(source: TorrentSource, select: readonly FileRange[], peers: TorrentSource['peers']): this {
    const { number: torrent } = this.#init
    const chosen = select.length > 0
    this.#init.command({ kind: 'merge', torrent, source, select: chosen ? [] : (source.select ?? []) })
    if (chosen) this.#init.command({ kind: 'select', torrent, change: { files: select } })
    for (const { host, port } of peers) this.#init.command({ kind: 'add-peer', torrent, host, port })
    const message = 'This torrent is there already; peers and files were added to it, all else is as it was.'
    this.#tell({ type: 'warning', torrent: this.infoHash, code: 'torrent/present', message })
    return this
  }

  /** With all that is known of it. */
  get magnet(): string {
    return linkOf(this.#init.source, this.#info)
  }

  progress(): Progress {
    return shownProgress(this.#init.progress())
  }

  /** What limits it at this moment, with evidence, and where its time went. */
  why(): Why {
    return shownWhy(this.#init.progress())
  }

  /** The bytes of a `.torrent` file. Throws a usage error before the metadata is known. */
  torrentFile(): Uint8Array {
    if (this.#info === undefined) {
      throw usageError('torrent/no-metadata', 'The metadata of this torrent is not known yet.')
    }
    return torrentFileOf(this.#info, this.#layers, this.#init.source)
  }

  /**
   * Downloads these files and no others from now on, given like the option `select`; those that were selected keep their priority. What
   * has come of others stays, and what neighbours share with these is fetched still. The event `selection` tells what is so then, and
   * `done` comes each time that all of a selection is there. A selection of nothing is refused by the warning `torrent/nothing-selected`.
   * A file that is not there is wrong use: thrown where the files are known, and the torrent's end (`torrent/no-such-file`) once they are.
   */
  select(files: FileSelection): void {
    this.#change(files, { alone: true })
  }

  /** Files of a higher priority are begun first, the rarest pieces of one priority before its others; `skip`: not downloaded. */
  prioritise(files: FileSelection, priority: Priority): void {
    if (!PRIORITIES.includes(priority))
      throw usageError('options/priority', `"${priority}" is no priority: give ${PRIORITIES.join(', ')}.`)
    this.#change(files, { priority })
  }

  /**
   * Reads a file (its index in the torrent) as it arrives: verified bytes in their order, in parts of at most 64 KiB, each when it is asked
   * for. What lies ahead of the reader is fetched before all else, by who is fastest; a file that is not selected is fetched no further
   * than it is read. Leaving the loop or aborting ends that. Throws a usage error for what cannot be a range; what turns out not to be one,
   * and whatever ends the torrent, rejects.
   */
  read(file: number, options: ReadOptions = {}): RangeRead {
    checkOptions('read', options)
    const { start = 0, end, signal } = options
    checkRange(file, start, end)
    this.#checkGoesOn()
    signal?.throwIfAborted()
    return this.#reads.begin(signal, async () => {
      await this.metadata
      return rangeOf(this.#info!, file, start, end)
    })
  }

  /** What happens to this torrent from now on; leaving the loop or aborting the signal ends it. */
  events(options: { readonly signal?: AbortSignal } = {}): EventStream {
    checkOptions('events', options)
    return this.#hub.events(options.signal)
  }

  /** Changes its own limits, within those of the node, at once; one that is absent is lifted. */
  setLimits(limits: Limits): void {
    checkOptions('setLimits', limits)
    this.#init.command({ kind: 'limits', torrent: this.#init.number, ...rateLimits(limits) })
  }

  /** Puts it at this place, from 0, in the order in which the node's torrents have their turns (`maxActiveDownloads`). */
  moveTo(place: number): void {
    if (!Number.isInteger(place) || place < 0)
      throw usageError('options/place', `${place} is no place: give a whole number, 0 or more.`)
    this.#init.command({ kind: 'move', torrent: this.#init.number, place })
  }

  /**
   * Moves its files to another folder, on whatever volume, with what is kept apart and its resume data; it serves on meanwhile, and what
   * arrives waits in memory. Resolves when that is done (event `moved` tells from when on they are there). The old files stay as they are
   * until the new ones are on the disk and compared, so whatever it rejects with, nothing is lost; after any end of the process the next run,
   * given the old folder or the new one, goes on in that which has it all (event `moved`). Throws when the torrent is over, or is being moved.
   */
  move(folder: string): Promise<void> {
    checkText(folder, 'folder')
    this.#checkGoesOn()
    if (this.#moving !== undefined)
      throw usageError('torrent/moving', 'The files of this torrent are being moved already.')
    const moved = new Promise<void>((resolve, reject) => {
      this.#moving = (error) => (error === undefined ? resolve() : reject(error))
    })
    // Whoever does not await it learns of it by a warning.
    moved.catch(() => {})
    this.#init.command({ kind: 'relocate', torrent: this.#init.number, out: folder })
    return moved
  }

  /**
   * Stops it; resolves when its resume data is safe, or with `files` when that and all that the torrent lists are removed. What is no file of
   * it any more stays (`warning`, `storage/left`). A second call joins the first; throws when that left the files, or the torrent is gone.
   */
  remove(options: RemoveOptions = {}): Promise<void> {
    checkOptions('remove', options)
    const { files = false } = options
    if (files && !this.#erasing) this.#checkErasable()
    if (!this.#leaving) {
      this.#leaving = true
      this.#erasing = files
      this.#init.command({ kind: 'remove', torrent: this.#init.number, files })
    }
    return this.#gone
  }

  /** What the session reports. For the node alone. */
  happened(event: TorrentEvent): void {
    switch (event.kind) {
      case 'metadata':
        this.#info = parseInfo(event.bytes, this.#init.crypto)
        this.#layers = event.layers
        if (this.#init.mode === 'metadata') this.#summarise(plannedFiles(this.#info, this.#init.out))
        break
      case 'layers':
        this.#layers = event.bytes
        break
      case 'files':
        this.#summarise(event.files)
        break
      case 'selected':
        this.#count(event.files)
        this.#tell({ type: 'selection', torrent: this.infoHash, files: event.files })
        break
      case 'moved':
        this.#out = event.out
        this.#tell(torrentNews(this.infoHash, event))
        break
      case 'move-ended':
        this.#moveEnded(event.failure)
        break
      case 'read':
      case 'read-failed':
        this.#reads.happened(event)
        break
      case 'done':
        this.#finished(event.wasted)
        break
      case 'seeding': {
        const { infoHash, magnet } = this
        this.#tell({ type: 'seeding', torrent: infoHash, infoHash, magnet })
        break
      }
      case 'error': {
        const { error: kind, code, message } = event
        this.#tell({ type: 'error', torrent: this.infoHash, kind, code, message })
        this.#fail(new LodestoneError(kind, code, message))
        break
      }
      case 'removed':
        this.closed(removed())
        break
      default:
        this.#tell(torrentNews(this.infoHash, event))
    }
  }

  /** Nothing comes after this. For the node alone. */
  closed(error: LodestoneError): void {
    this.#init.signal?.removeEventListener('abort', this.#onAbort)
    this.#fail(error)
    this.#isGone()
  }

  #checkContent(): void {
    if (this.#init.mode === 'metadata' || this.#init.mode === 'trial')
      throw usageError('torrent/no-content', 'Only the metadata of this torrent is fetched.')
  }

  #checkGoesOn(): void {
    this.#checkContent()
    if (this.#end !== undefined) throw this.#end
    if (this.#leaving) throw removed()
  }

  #checkErasable(): void {
    this.#checkContent()
    if (this.#end?.kind === 'closed') throw this.#end
    if (this.#leaving)
      throw usageError('torrent/leaving', 'The torrent is being removed already, and its files stay.')
  }

  #change(files: FileSelection, how: Omit<FileChange, 'files'>): void {
    const change = { ...how, files: fileRanges(files, this.#info?.files.length) }
    this.#checkGoesOn()
    this.#init.command({ kind: 'select', torrent: this.#init.number, change })
  }

  #moveEnded(failure: { readonly code: ErrorCode; readonly message: string } | undefined): void {
    const ended = this.#moving
    this.#moving = undefined
    if (failure !== undefined) this.#tell({ type: 'warning', torrent: this.infoHash, ...failure })
    ended?.(failure && new LodestoneError('storage', failure.code, failure.message))
  }

  #fail(error: LodestoneError): void {
    this.#end ??= error
    this.#moving?.(error)
    this.#moving = undefined
    this.#reads.fail(error)
    for (const reject of this.#rejects) reject(error)
    this.#hub.end()
  }

  #summarise(files: MetadataSummary['files']): void {
    this.#count(files)
    const { name, pieceLength, private: isPrivate } = this.#info!
    const length = files.reduce((sum, file) => sum + file.length, 0)
    const summary = { name, length, files, pieceLength, private: isPrivate }
    this.#tell({ type: 'metadata', torrent: this.infoHash, ...summary })
    this.#resolveMetadata(summary)
  }

  #count(files: MetadataSummary['files']): void {
    this.#wanted = files.reduce((sum, { length, selected }) => sum + (selected ? length : 0), 0)
  }

  #finished(wasted: number): void {
    const { name } = this.#info!
    const { infoHash } = this
    const path = below(this.#out, [name])
    const summary: DoneSummary = { infoHash, path, length: this.#wanted, seconds: this.#init.age(), wasted }
    this.#resolveDone(summary)
    this.#tell({ type: 'done', torrent: infoHash, ...summary })
  }

  #tell(event: LodestoneEvent): void {
    this.#hub.emit(event)
    this.#init.tell(event)
  }
}

function removed(): LodestoneError {
  return new LodestoneError('closed', 'torrent/removed', 'The torrent was removed.')
}
