import { type FileHandle, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import { syncFolder } from './atomic-file.ts'
import type { FileSet, Span } from './file-set.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import type { OpenFiles } from './open-files.ts'
import { lengthInside, openInside, walkFolders } from './safe-open.ts'
import { storageError } from './storage-error.ts'

/** The files of one store: looked at, made, read and written at offsets of the content. */
export class StoreFiles {
  readonly #set: FileSet
  readonly #open: OpenFiles
  /** Of this store's keys among the open files. */
  readonly #prefix: string
  readonly #readOnly: boolean
  /** Files that were found or made: when one of these is gone, somebody removed it, and it is not made again. */
  readonly #known: boolean[]
  /** Files written since the last barrier. */
  #dirty = new Set<number>()
  /** Folders with names that are new since the last barrier. */
  #dirtyFolders = new Set<string>()

  constructor(set: FileSet, open: OpenFiles, prefix: string, readOnly: boolean) {
    this.#set = set
    this.#open = open
    this.#prefix = prefix
    this.#readOnly = readOnly
    this.#known = set.names.map(() => false)
  }

  /** Whether the out folder exists, and the length of each file, -1 where there is none. */
  async look(): Promise<{ folder: boolean; lengths: number[] }> {
    const { root, names } = this.#set
    const found = await stat(root).catch((error: unknown) => {
      if (errno(error) === 'ENOENT') return undefined
      throw storageError(error, root)
    })
    if (found?.isDirectory() === false) {
      throw new LodestoneError('storage', 'storage/unsafe-path', `${root} is not a folder.`)
    }
    const lengths: number[] = []
    for (const [file, name] of names.entries()) {
      if (this.#set.pads[file]) lengths.push(this.#set.lengths[file]!)
      else lengths.push(found ? await lengthInside(root, name, this.#readOnly) : -1)
    }
    for (const [file, length] of lengths.entries()) this.#known[file] = length >= 0
    return { folder: found !== undefined, lengths }
  }

  /** Makes the out folder, the folders below it and the empty files. */
  async prepare(): Promise<void> {
    if (this.#readOnly) return
    const { root, names, lengths } = this.#set
    await makeFolder(root).catch((error: unknown) => {
      throw storageError(error, root)
    })
    this.#dirtyFolders.add(root)
    for (const [file, name] of names.entries()) {
      if (this.#set.pads[file]) continue
      const path = join(root, ...name)
      await walkFolders(root, name.slice(0, -1), true).catch((error: unknown) => {
        throw storageError(error, path)
      })
      for (let folder = dirname(path); folder !== root; folder = dirname(folder))
        this.#dirtyFolders.add(folder)
      if (lengths[file] === 0 && !this.#known[file]) await this.#written(file, async () => {})
    }
  }

  /** Fills `into` from `offset` of the content; throws `storage/missing` where a file is gone or too short. */
  async read(offset: number, into: Uint8Array): Promise<void> {
    let at = 0
    for (const { file, position, length } of this.#set.spans(offset, into.length)) {
      const part = into.subarray(at, at + length)
      at += length
      if (this.#set.pads[file]) part.fill(0)
      else await this.#use(file, false, (handle) => readFully(handle, part, position, this.#set.paths[file]!))
    }
  }

  /** Writes `views`, one after another, from `offset` of the content. */
  async write(offset: number, views: readonly Uint8Array[]): Promise<void> {
    let length = 0
    for (const view of views) length += view.length
    let rest = views
    for (const span of this.#set.spans(offset, length)) {
      const [now, later] = split(rest, span.length)
      rest = later
      if (!this.#set.pads[span.file])
        await this.#written(span.file, (handle) => writeFully(handle, now, span))
    }
  }

  /** What was written before is on the medium when it resolves. Throws `storage/missing` when a file was deleted meanwhile. */
  async sync(): Promise<void> {
    const files = this.#dirty
    const folders = this.#dirtyFolders
    this.#dirty = new Set()
    this.#dirtyFolders = new Set()
    try {
      await Promise.all([...files].map((file) => this.#use(file, true, (handle) => this.#sync(file, handle))))
      await Promise.all([...folders].map((folder) => syncFolder(folder)))
    } catch (error) {
      for (const file of files) this.#dirty.add(file)
      for (const folder of folders) this.#dirtyFolders.add(folder)
      throw storageError(error, this.#set.root)
    }
  }

  close(): Promise<void> {
    return this.#open.close(this.#prefix)
  }

  async #sync(file: number, handle: FileHandle): Promise<void> {
    await handle.datasync()
    // Writes to a deleted file succeed for as long as it is open.
    if ((await handle.stat()).nlink > 0) return
    await this.#open.close(`${this.#prefix}${file}w`)
    throw missing(this.#set.paths[file]!)
  }

  async #written(file: number, work: (handle: FileHandle) => Promise<void>): Promise<void> {
    await this.#use(file, true, work)
    this.#dirty.add(file)
  }

  async #use(file: number, toWrite: boolean, work: (handle: FileHandle) => Promise<void>): Promise<void> {
    const writable = `${this.#prefix}${file}w`
    // A file open for writing serves for reading, too.
    const key = toWrite || this.#open.has(writable) ? writable : `${this.#prefix}${file}r`
    try {
      await this.#open.use(key, () => (toWrite ? this.#openToWrite(file) : this.#openToRead(file)), work)
    } catch (error) {
      throw storageError(error, this.#set.paths[file]!)
    }
  }

  #openToRead(file: number): Promise<FileHandle> {
    return openInside(this.#set.root, this.#set.names[file]!, this.#readOnly ? 'follow' : 'read')
  }

  /** A file that is too short is extended, sparse; one that is too long stays as it is. */
  async #openToWrite(file: number): Promise<FileHandle> {
    const path = this.#set.paths[file]!
    if (this.#readOnly) {
      throw new LodestoneError('storage', 'storage/read-only', `${path} is only read from here.`)
    }
    const handle = await openInside(
      this.#set.root,
      this.#set.names[file]!,
      this.#known[file] ? 'write' : 'create',
    )
    try {
      if (!this.#known[file]) this.#dirtyFolders.add(dirname(path))
      const length = this.#set.lengths[file]!
      if ((await handle.stat()).size < length) await handle.truncate(length)
    } catch (error) {
      await handle.close()
      throw error
    }
    this.#known[file] = true
    return handle
  }
}

async function readFully(
  handle: FileHandle,
  into: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) throw missing(path, 'is shorter than it should be')
    done += bytesRead
  }
}

async function writeFully(handle: FileHandle, views: readonly Uint8Array[], span: Span): Promise<void> {
  let rest = views
  for (let done = 0; done < span.length; ) {
    const { bytesWritten } = await handle.writev(rest, span.position + done)
    done += bytesWritten
    if (done < span.length) rest = split(rest, bytesWritten)[1]
  }
}

/** `views` cut after `length` bytes. */
function split(views: readonly Uint8Array[], length: number): [Uint8Array[], Uint8Array[]] {
  const head: Uint8Array[] = []
  const tail: Uint8Array[] = []
  let left = length
  for (const view of views) {
    if (left > 0) head.push(view.subarray(0, left))
    if (left < view.length) tail.push(view.subarray(Math.max(left, 0)))
    left -= view.length
  }
  return [head, tail]
}

function missing(path: string, why = 'was deleted'): LodestoneError {
  return new LodestoneError('storage', 'storage/missing', `${path} ${why}.`)
}
