import { dirname, join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import { OlderFiles } from '../session/older-files.ts'
import type { StoreSpec } from '../session/ports.ts'
import { allocate } from './allocate.ts'
import { type FileCalls, type OpenFile, systemFiles } from './file-calls.ts'
import { FileLook } from './file-look.ts'
import { FileMove, type MoveTerms } from './file-move.ts'
import type { FileSet } from './file-set.ts'
import { inBatches } from './in-batches.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import { OnceATurn } from './once-a-turn.ts'
import type { OpenFiles } from './open-files.ts'
import { requireRoom } from './require-room.ts'
import { lookInside, openInside, type SeenFolders, walkFolders } from './safe-open.ts'
import { spoiltFile } from './spoilt-file.ts'
import { failAt, missingFile, storageError } from './storage-error.ts'
import { syncFolder } from './sync-folder.ts'
import { readFully, splitViews, writeFully } from './whole-transfer.ts'

/** What file systems say on which a file cannot be made longer than it is written. */
const NO_HOLES: readonly string[] = ['EINVAL', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS']

/** The files of one store: looked at, made, read and written at offsets of the content. */
export class StoreFiles {
  readonly #set: FileSet
  readonly #open: OpenFiles
  readonly #files: FileCalls
  readonly #look: FileLook
  /** Of this store's keys among the open files. */
  readonly #prefix: string
  readonly #readOnly: boolean
  /** Whether files that are too long are cut. */
  readonly #overwrite: boolean
  readonly #allocation: StoreSpec['allocation']
  /** Files that grow as they are written: kept apart, so wanted, or on a file system that makes no holes. */
  readonly #growing: boolean[]
  #stopped = false
  /** Files that were found or made: when one of these is gone, somebody removed it, and it is not made again. */
  readonly #known: boolean[]
  /** Files that were open for writing, and so had their full length. */
  readonly #whole: boolean[]
  /** Looks at open files, before writes. */
  readonly #looks = new OnceATurn<number>()
  /** Files written since the last barrier. */
  #dirty = new Set<number>()
  /** Folders with names that are new since the last barrier. */
  #dirtyFolders = new Set<string>()

  constructor(
    set: FileSet,
    open: OpenFiles,
    prefix: string,
    spec: Pick<StoreSpec, 'readOnly' | 'overwrite' | 'replaces' | 'allocation'>,
    files: FileCalls = systemFiles,
  ) {
    const { readOnly, overwrite, replaces, allocation } = spec
    this.#files = files
    this.#set = set
    this.#look = new FileLook(set, readOnly, files, new OlderFiles(replaces))
    this.#open = open
    this.#prefix = prefix
    this.#readOnly = readOnly
    this.#overwrite = overwrite
    this.#allocation = allocation
    this.#growing = set.names.map(() => allocation === 'none')
    this.#known = set.names.map(() => false)
    this.#whole = set.names.map(() => false)
  }

  /** See `FileLook.look`. */
  async look(): ReturnType<FileLook['look']> {
    const found = await this.#look.look()
    for (const [file, length] of found.lengths.entries()) this.#known[file] = length >= 0
    return found
  }

  marks(): Promise<readonly number[]> {
    return this.#look.marks()
  }

  /**
   * Makes the out folder, the folders below it and the empty files, those apart that are not wanted; what was kept of a file that
   * is wanted now goes where it belongs.
   */
  async prepare(): Promise<void> {
    if (this.#readOnly) return
    const { root, names } = this.#set
    await makeFolder(this.#files, root).catch(failAt(root))
    this.#dirtyFolders.add(root)
    await this.#makePlaces([...names.keys()].filter((file) => !this.#set.skipped[file]))
    await this.#clearParts()
  }

  /**
   * These files are not wanted from now on, the others are: what was kept of those goes where it belongs. What is there of files that
   * are not wanted any more stays where it is.
   */
  async select(skip: readonly boolean[]): Promise<void> {
    const { names, skipped } = this.#set
    await this.#makePlaces([...names.keys()].filter((file) => skipped[file] && skip[file] !== true))
    for (const file of names.keys()) {
      const isSkipped = skip[file] === true
      if (isSkipped && !skipped[file] && !this.#known[file]) this.#set.place(file, true)
      skipped[file] = isSkipped
    }
    await this.#clearParts()
  }

  /** Fills `into` from `offset` of the content; throws `storage/missing` where a file is gone or too short. */
  async read(offset: number, into: Uint8Array): Promise<void> {
    let at = 0
    for (const { file, position, length } of this.#set.spans(offset, into.length)) {
      const part = into.subarray(at, at + length)
      at += length
      if (this.#set.pads[file]) part.fill(0)
      else
        await this.#use(file, false, async (handle) => {
          if ((await readFully(handle, part, position)) < length)
            throw missingFile(this.#set.paths[file]!, 'is shorter than it should be')
        })
    }
  }

  /** Writes `views`, one after another, from `offset` of the content. */
  async write(offset: number, views: readonly Uint8Array[]): Promise<void> {
    let length = 0
    for (const view of views) length += view.length
    let rest = views
    for (const span of this.#set.spans(offset, length)) {
      const [now, later] = splitViews(rest, span.length)
      rest = later
      if (!this.#set.pads[span.file])
        await this.#written(span.file, (handle) => writeFully(handle, now, span.position))
    }
  }

  /**
   * What was written before is on the medium when it resolves. A file that was closed meanwhile is opened again. Throws
   * `storage/missing` when a file was deleted.
   */
  async sync(): Promise<void> {
    const files = this.#dirty
    const folders = this.#dirtyFolders
    this.#dirty = new Set()
    this.#dirtyFolders = new Set()
    const failed = await inBatches(files, (file) =>
      this.#use(file, true, async (handle) => {
        await handle.datasync()
        await this.#unspoilt(file, handle)
      }),
    )
    const failedFolders = await inBatches(folders, (folder) => syncFolder(this.#files, folder))
    for (const [file] of failed) this.#dirty.add(file)
    for (const [folder] of failedFolders) this.#dirtyFolders.add(folder)
    for (const [, error] of failed) throw error
    for (const [folder, error] of failedFolders)
      throw errno(error) === 'ENOENT'
        ? await this.#spoilt(folder, 'was deleted')
        : storageError(error, folder)
  }

  /**
   * Every file is in place: an ordinary file, of at least its length, and the one that is open, if it is; else throws
   * `storage/missing` or `storage/unsafe-path`. Resolves with the paths of those that were longer and, unless they may be overwritten, still are.
   */
  async confirm(): Promise<readonly string[]> {
    const surplus: number[] = []
    const files = [...this.#set.names.keys()].filter(
      (file) => !this.#set.pads[file] && !this.#set.skipped[file],
    )
    const seen: SeenFolders = new Map()
    const failed = await inBatches(files, async (file) => {
      if ((await this.#confirmed(file, seen)) > this.#set.lengths[file]!) surplus.push(file)
    })
    for (const [file, error] of failed) throw storageError(error, this.#set.paths[file]!)
    const stays = (file: number): boolean => !this.#overwrite && !this.#look.isReplaced(file)
    for (const file of surplus)
      if (!stays(file)) await this.#written(file, (handle) => handle.truncate(this.#set.lengths[file]!))
    const left = surplus.filter(stays).sort((a, b) => a - b)
    return left.map((file) => this.#set.paths[file]!)
  }

  /** Puts all of it below the folder `to` as well, durably; until `relocate` nothing else has changed. Resolves with how to take it back. */
  async duplicate(to: string, terms: MoveTerms): Promise<() => Promise<void>> {
    const move = new FileMove(this.#set, to, this.#files, terms)
    try {
      await move.run(this.#known)
      // A second name is of the same bytes, of which some may not be on the medium yet.
      await this.sync()
    } catch (error) {
      await move.undo()
      throw error
    }
    return () => move.undo()
  }

  /** Its files lie below `to` from here on. Asked when nobody uses them. */
  async relocate(to: string): Promise<void> {
    await this.#open.close(this.#prefix)
    this.#dirtyFolders.clear()
    this.#set.relocate(to)
  }

  /** An allocation that is under way ends soon. */
  stop(): void {
    this.#stopped = true
  }

  close(): Promise<void> {
    return this.#open.close(this.#prefix)
  }

  async #makePlaces(wanted: readonly number[]): Promise<void> {
    if (this.#allocation === 'full') await requireRoom(this.#files, this.#set, wanted)
    const seen: SeenFolders = new Map()
    for (const file of wanted) await this.#makePlace(file, seen)
  }

  /** What is wanted gets its folders, what was kept of it, and at once its file if that is empty. */
  async #makePlace(file: number, seen: SeenFolders): Promise<void> {
    if (this.#set.pads[file]) return
    const apart = this.#set.isApart(file) ? this.#set.paths[file] : undefined
    this.#set.place(file, false)
    await this.#look.clear(file)
    await this.#makeFolders(file, seen)
    if (apart !== undefined && this.#known[file]) await this.#bringBack(file, apart)
    if (this.#allocation === 'full') await this.#allocate(file)
    else if (this.#set.lengths[file] === 0 && !this.#known[file]) await this.#written(file, async () => {})
  }

  /** When nothing is left there; else it stays. */
  async #clearParts(): Promise<void> {
    await this.#files.rmdir(join(this.#set.root, this.#set.parts)).catch(() => {})
  }

  async #bringBack(file: number, apart: string): Promise<void> {
    const path = this.#set.paths[file]!
    // It had less than its full length apart.
    await this.#open.close(`${this.#prefix}${file}w`)
    await this.#open.close(`${this.#prefix}${file}r`)
    this.#whole[file] = false
    await this.#files.rename(apart, path).catch(failAt(path))
    this.#dirtyFolders.add(dirname(path))
  }

  async #makeFolders(file: number, seen: SeenFolders): Promise<void> {
    const { root, names, paths } = this.#set
    const path = paths[file]!
    await walkFolders(this.#files, root, names[file]!.slice(0, -1), true, seen).catch(failAt(path))
    for (let folder = dirname(path); folder !== root; folder = dirname(folder)) this.#dirtyFolders.add(folder)
  }

  /** That it must have while it is written. */
  #fullLength(file: number): number {
    return this.#set.isApart(file) || this.#growing[file] ? 0 : this.#set.lengths[file]!
  }

  async #allocate(file: number): Promise<void> {
    this.#growing[file] = true
    await this.#written(file, (handle) => allocate(handle, this.#set.lengths[file]!, () => this.#stopped))
    this.#growing[file] = false
  }

  /** Writes to a deleted file succeed for as long as it is open, and one that was cut would grow again with a hole. */
  async #unspoilt(file: number, handle: OpenFile): Promise<void> {
    const { nlink, size } = await handle.stat()
    if (nlink > 0 && size >= this.#fullLength(file)) return
    await this.#open.close(`${this.#prefix}${file}w`)
    throw await this.#spoilt(this.#set.paths[file]!, nlink > 0 ? 'was cut' : 'was deleted')
  }

  /** The file's length. */
  async #confirmed(file: number, seen: SeenFolders): Promise<number> {
    const path = this.#set.paths[file]!
    const { root, names } = this.#set
    const found = await lookInside(this.#files, root, names[file]!, this.#readOnly, seen)
    if (found === undefined) throw await this.#spoilt(path, 'was deleted')
    if (found.size < this.#set.lengths[file]!) throw await this.#spoilt(path, 'was cut')
    if (this.#open.has(`${this.#prefix}${file}w`)) {
      await this.#use(file, true, async (handle) => {
        const { dev, ino } = await handle.stat()
        if (dev !== found.dev || ino !== found.ino) throw await this.#spoilt(path, 'was replaced')
      })
    }
    return found.size
  }

  #spoilt(path: string, what: string): Promise<LodestoneError> {
    return spoiltFile(this.#files, this.#set.root, path, what)
  }

  async #written(file: number, work: (handle: OpenFile) => Promise<void>): Promise<void> {
    await this.#use(file, true, async (handle) => {
      await this.#looks.run(file, () => this.#unspoilt(file, handle))
      await work(handle)
    })
    this.#dirty.add(file)
  }

  async #use(file: number, toWrite: boolean, work: (handle: OpenFile) => Promise<void>): Promise<void> {
    const writable = `${this.#prefix}${file}w`
    // A file open for writing serves for reading, too.
    const key = toWrite || this.#open.has(writable) ? writable : `${this.#prefix}${file}r`
    try {
      await this.#open.use(key, () => (toWrite ? this.#openToWrite(file) : this.#openToRead(file)), work)
    } catch (error) {
      const path = this.#set.paths[file]!
      if (toWrite && error instanceof LodestoneError && errno(error.cause) === 'ENOENT')
        throw await this.#spoilt(path, 'was deleted')
      throw storageError(error, path)
    }
  }

  #openToRead(file: number): Promise<OpenFile> {
    return openInside(this.#files, this.#set.root, this.#set.names[file]!, this.#readOnly ? 'follow' : 'read')
  }

  /** A file that is too short is extended, sparse, when it is first opened; one that is too long stays as it is. */
  async #openToWrite(file: number): Promise<OpenFile> {
    const path = this.#set.paths[file]!
    if (this.#readOnly) {
      throw new LodestoneError('storage', 'storage/read-only', `${path} is only read from here.`)
    }
    const handle = await openInside(
      this.#files,
      this.#set.root,
      this.#set.names[file]!,
      this.#known[file] ? 'write' : 'create',
    )
    try {
      if (!this.#known[file]) this.#dirtyFolders.add(dirname(path))
      const length = this.#fullLength(file)
      if ((await handle.stat()).size < length) {
        if (this.#whole[file]) throw await this.#spoilt(path, 'was cut')
        await handle.truncate(length).catch((error: unknown) => {
          if (!NO_HOLES.includes(errno(error))) throw error
          this.#growing[file] = true
        })
      }
    } catch (error) {
      await handle.close()
      throw error
    }
    this.#known[file] = true
    this.#whole[file] = true
    return handle
  }
}
