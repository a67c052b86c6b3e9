import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { concatBytes, copyBytes, EMPTY } from '../core/bytes.ts'
import { LodestoneError } from '../core/errors.ts'
import { Geometry } from '../core/geometry.ts'
import type { StoreMoved, StoreOpened, StoreSpec } from '../session/ports.ts'
import type { FileCalls } from './file-calls.ts'
import { FileSet } from './file-set.ts'
import { decodeForwardNote, encodeForwardNote, followNote } from './forward-note.ts'
import type { FilePlace } from './hash-worker.ts'
import { JournalFile } from './journal-file.ts'
import { journalPath } from './journal-path.ts'
import { Lane } from './lane.ts'
import { LockFile } from './lock-file.ts'
import { MoveClaim } from './move-claim.ts'
import type { OpenFiles } from './open-files.ts'
import { PieceDigests } from './piece-digests.ts'
import { PieceMemory } from './piece-memory.ts'
import { realPath } from './real-path.ts'
import type { Segment, SegmentStock } from './segment-stock.ts'
import { storeClosed } from './storage-error.ts'
import { StoreFiles } from './store-files.ts'
import { Turnstile } from './turnstile.ts'

/** Writes at a time: the runtime has four threads for them, none of which is to wait for the loop. */
const WRITES = 8

export interface StoreInit {
  readonly spec: StoreSpec
  /** Unique in the process. */
  readonly key: string
  readonly stateFolder: string | undefined
  readonly stock: SegmentStock
  readonly open: OpenFiles
  readonly files: FileCalls
}

/** One torrent's bytes: memory, files, journal and lock. */
export class Store {
  readonly files: FileSet
  readonly geometry: Geometry
  readonly memory: PieceMemory
  readonly digests: PieceDigests
  readonly readOnly: boolean
  readonly #disk: StoreFiles
  readonly #stock: SegmentStock
  readonly #infoHash: Uint8Array
  readonly #calls: FileCalls
  /** Where journal and lock are kept; `undefined`: nowhere. */
  readonly #stateFolder: string | undefined
  /** Where others keep theirs. */
  readonly #sharedFolder: string | undefined
  #journal: JournalFile | undefined
  #lock: LockFile | undefined
  /** Reads under way, by segment: those who want the same wait for the same. */
  readonly #loading = new Map<string, Promise<Segment | undefined>>()
  readonly #turnstile = new Turnstile()
  /** What changes the files, which waits while they are moved; who reads them does not. */
  readonly #changes = new Turnstile()
  readonly #writes = new Lane(WRITES)
  readonly #work = new Set<Promise<unknown>>()
  #closed = false
  /** A move that is under way is to be given up. */
  #stays = false

  constructor({ spec, key, stateFolder, stock, open, files }: StoreInit) {
    this.files = new FileSet(spec)
    this.geometry = new Geometry(spec.length, spec.pieceLength)
    this.#stock = stock
    this.memory = new PieceMemory(this.geometry, stock, `${key}/`)
    this.digests = new PieceDigests({
      ...{ memory: this.memory, stock },
      track: (work) => this.#track(work),
      fromFiles: (piece, index) => this.#fromFiles(piece, index),
    })
    this.readOnly = spec.readOnly
    this.#disk = new StoreFiles(this.files, open, `${key}/`, spec, files)
    this.#calls = files
    this.#infoHash = spec.infoHash
    this.#stateFolder = spec.ephemeral ? undefined : stateFolder
    this.#sharedFolder = stateFolder
  }

  open(): Promise<StoreOpened> {
    return this.#track(async () => {
      const { root, located } = this.files
      if (this.#sharedFolder !== undefined) {
        const path = await journalPath(this.#sharedFolder, this.#infoHash, root, this.#calls)
        if (this.#stateFolder === undefined) await LockFile.requireFree(`${path}.lock`, root, this.#calls)
        else {
          this.#lock = await LockFile.take(`${path}.lock`, root, this.#calls)
          this.#journal = new JournalFile(path, this.#calls)
        }
      }
      try {
        const { folder, lengths, marks } = await this.#disk.look()
        const { bytes, aside } = (await this.#journal?.read()) ?? { bytes: EMPTY, aside: undefined }
        const found = { folder, lengths, marks, journalAside: aside, paths: located }
        if (decodeForwardNote(bytes) === undefined) return { ...found, journal: bytes }
        const movedTo = await followNote(bytes, this.#stateFolder!, this.#infoHash, this.#calls)
        if (movedTo === undefined) await this.#journal!.remove()
        return { ...found, journal: EMPTY, movedTo }
      } catch (error) {
        await this.#lock?.release()
        throw error
      }
    })
  }

  prepare(): Promise<void> {
    return this.#track(() => this.#disk.prepare())
  }

  select(skip: readonly boolean[]): Promise<void> {
    return this.#track(() => this.#change(() => this.#turnstile.alone(() => this.#disk.select(skip))))
  }

  /** See `StoragePort.move`. */
  move(out: string): Promise<StoreMoved | undefined> {
    return this.#track(() =>
      this.#changes.alone(async () => {
        this.#stays = false
        const [from, to] = [this.files.root, resolve(out)]
        if ((await realPath(this.#calls, from)) === (await realPath(this.#calls, to))) return undefined
        await this.#move(from, to)
        return { from, to, paths: this.files.located }
      }),
    )
  }

  /** See `StoragePort.stay`. */
  stay(): void {
    this.#stays = true
  }

  flush(piece: number, begin: number, length: number): Promise<void> {
    const segments = this.memory.heldUnder(piece, begin, length)
    if (segments === undefined) {
      const message = `Piece ${piece} is not in memory.`
      return Promise.reject(new LodestoneError('storage', 'storage/io', message))
    }
    const first = this.memory.indexAt(begin)
    const views = segments.map((segment, i) => this.memory.within(segment, first + i, begin, length))
    for (const segment of segments) this.#stock.use(segment)
    const write = async (): Promise<void> => {
      try {
        const offset = this.geometry.offsetOf(piece) + begin
        await this.#change(() => this.beside(() => this.#disk.write(offset, views)))
        for (const [i, segment] of segments.entries()) segment.flushed += views[i]!.length
      } finally {
        for (const segment of segments) this.#stock.unused(segment)
      }
    }
    return this.#track(() => this.#writes.run(write))
  }

  /**
   * A view of what lies in memory, lent by the stock until it is returned there; or bytes of its own: of a block that spans two
   * segments, or while memory is short.
   */
  read(piece: number, begin: number, length: number): Promise<Uint8Array> {
    return this.#track(async () => {
      const first = this.memory.indexAt(begin)
      const last = this.memory.indexAt(begin + length - 1)
      const parts: Uint8Array[] = []
      for (let index = first; index <= last; index++) {
        const segment = this.memory.find(piece, index) ?? (await this.#load(piece, index))
        if (segment === undefined) {
          const bytes = this.#stock.spare(length)
          await this.#readFiles(this.geometry.offsetOf(piece) + begin, bytes)
          return bytes
        }
        const view = this.memory.within(segment, index, begin, length)
        parts.push(first === last ? this.#stock.lend(segment, view) : copyBytes(view))
      }
      return parts.length === 1 ? parts[0]! : concatBytes(parts)
    })
  }

  /** Work on the files that may go on beside others, but not while files are moved. */
  beside<T>(work: () => Promise<T>): Promise<T> {
    return this.#turnstile.share(work)
  }

  /** Where the bytes of a piece, or of a part of it, lie, for a thread that reads them itself. */
  placeOf(piece: number, begin = 0, length: number = this.geometry.lengthOf(piece)): FilePlace {
    const { root, names, paths, pads } = this.files
    const spans = this.files.spans(this.geometry.offsetOf(piece) + begin, length)
    const runs = spans.map(({ file, position, length }) => ({
      names: pads[file] ? undefined : names[file],
      path: paths[file]!,
      position,
      length,
    }))
    return { root, mode: this.readOnly ? 'follow' : 'read', runs }
  }

  append(records: Uint8Array): Promise<void> {
    return this.#track(async () => this.#journal?.append(records))
  }

  rewrite(journal: Uint8Array): Promise<void> {
    return this.#track(async () => this.#journal?.rewrite(journal))
  }

  barrier(): Promise<void> {
    return this.#track(async () => {
      // What was flushed before and still waits in line belongs to it.
      await this.#writes.drained()
      await this.beside(() => this.#disk.sync())
      await this.#journal?.sync()
    })
  }

  confirm(): Promise<readonly string[]> {
    return this.#track(() => this.#change(() => this.beside(() => this.#disk.confirm())))
  }

  marks(): Promise<readonly number[]> {
    return this.#track(() => this.beside(() => this.#disk.marks()))
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#disk.stop()
    await Promise.allSettled(this.#work)
    this.memory.clear()
    await this.#disk.close()
    await this.#journal?.close()
    await this.#lock?.release()
  }

  /** The journal is at the new place once the files are: whoever is killed before goes on at the old one. */
  async #move(from: string, to: string): Promise<void> {
    const folder = this.#stateFolder
    const claim =
      folder === undefined ? undefined : await MoveClaim.take(folder, this.#infoHash, from, to, this.#calls)
    let undo = async (): Promise<void> => {}
    try {
      undo = await this.#disk.duplicate(to, {
        replaces: claim?.isOld === true,
        claim: async () => claim?.mark(),
        check: () => {
          if (this.#stays || this.#closed) throw storeClosed()
        },
      })
      if (claim !== undefined) await this.#journal?.move(claim.path, encodeForwardNote(to))
    } catch (error) {
      await undo()
      await claim?.undo()
      throw error
    }
    await this.#turnstile.alone(() => this.#disk.relocate(to))
    await this.#lock?.release()
    this.#lock = claim?.lock
  }

  /** Work that changes the files. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#changes.share(work)
  }

  /** `undefined`: there is no memory to read so much at once. */
  #load(piece: number, index: number): Promise<Segment | undefined> {
    const key = `${piece}/${index}`
    const running = this.#loading.get(key)
    if (running !== undefined) return running
    const segment = this.memory.toRead(piece, index)
    if (segment === undefined) return Promise.resolve(undefined)
    const loading = this.#fill(piece, index, segment).finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }

  async #fill(piece: number, index: number, segment: Segment): Promise<Segment> {
    this.#stock.use(segment)
    try {
      await this.#readFiles(this.#offsetOf(piece, index), segment.bytes)
    } catch (error) {
      this.#stock.recycle(segment)
      this.#stock.unused(segment)
      throw error
    }
    this.memory.keep(piece, index, segment)
    // Who waits for it goes on before the next turn.
    void setImmediate().then(() => this.#stock.unused(segment))
    return segment
  }

  async #fromFiles(piece: number, index: number): Promise<Uint8Array> {
    const bytes = this.#stock.spare(this.memory.lengthOf(piece, index))
    await this.#readFiles(this.#offsetOf(piece, index), bytes)
    return bytes
  }

  #readFiles(offset: number, into: Uint8Array): Promise<void> {
    return this.beside(() => this.#disk.read(offset, into))
  }

  #offsetOf(piece: number, index: number): number {
    return this.geometry.offsetOf(piece) + index * this.memory.segmentLength
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(storeClosed())
    }
    const running = work()
    this.#work.add(running)
    const ended = (): void => void this.#work.delete(running)
    running.then(ended, ended)
    return running
  }
}
