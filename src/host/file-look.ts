import { join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import type { OlderFiles } from '../session/older-files.ts'
import { clearWay, obstacleOf } from './clear-way.ts'
import type { FileCalls, FoundFile } from './file-calls.ts'
import { markOf } from './file-mark.ts'
import type { FileSet } from './file-set.ts'
import { inBatches } from './in-batches.ts'
import { errno } from './network-failure.ts'
import { lookInside, type SeenFolders } from './safe-open.ts'
import { storageError } from './storage-error.ts'

/** What is there of the files of a store, in their places or kept apart by earlier runs. */
export class FileLook {
  readonly #set: FileSet
  readonly #readOnly: boolean
  readonly #files: FileCalls
  readonly #older: OlderFiles
  /** Files that were an older version's, and unchanged. */
  readonly #replaced: boolean[] = []

  constructor(set: FileSet, readOnly: boolean, files: FileCalls, older: OlderFiles) {
    this.#set = set
    this.#readOnly = readOnly
    this.#files = files
    this.#older = older
  }

  /** Whether it may be cut, since it was an older version's when it was looked at. */
  isReplaced(file: number): boolean {
    return this.#replaced[file] === true
  }

  /** Removes what an older version has left in the way of a file. */
  async clear(file: number): Promise<void> {
    if (this.#older.size > 0) await clearWay(this.#files, this.#set.root, this.#set.names[file]!, this.#older)
  }

  /** Whether the out folder exists; of each file its length, -1 where there is none, and its mark. */
  async look(): Promise<{ folder: boolean; lengths: number[]; marks: number[] }> {
    const { root, names } = this.#set
    const found = await this.#files.stat(root).catch((error: unknown) => {
      if (errno(error) === 'ENOENT') return undefined
      throw storageError(error, root)
    })
    if (found?.isDirectory() === false) {
      throw new LodestoneError('storage', 'storage/unsafe-path', `${root} is not a folder.`)
    }
    const hasParts =
      found !== undefined && !this.#readOnly && (await this.#hasFolder(join(root, this.#set.parts)))
    const seen: SeenFolders = new Map()
    const lengths: number[] = []
    const marks: number[] = []
    const failed = await inBatches(names.keys(), async (file) => {
      const here = found === undefined ? undefined : await this.#lookAt(file, seen)
      const there = here ?? (this.#set.pads[file] ? undefined : await this.#lookApart(file, hasParts, seen))
      lengths[file] = this.#set.pads[file] ? this.#set.lengths[file]! : (there?.size ?? -1)
      marks[file] = markOf(there)
      this.#replaced[file] = this.#older.owns(this.#set.paths[file]!, marks[file])
    })
    for (const [file, error] of failed) throw storageError(error, this.#set.paths[file]!)
    return { folder: found !== undefined, lengths, marks }
  }

  /** As `look` has them, now. */
  async marks(): Promise<readonly number[]> {
    const seen: SeenFolders = new Map()
    const marks: number[] = this.#set.names.map(() => 0)
    const failed = await inBatches(marks.keys(), async (file) => {
      marks[file] = markOf(await this.#lookAt(file, seen))
    })
    for (const [file, error] of failed) throw storageError(error, this.#set.paths[file]!)
    return marks
  }

  async #hasFolder(path: string): Promise<boolean> {
    return (await this.#files.stat(path).catch(() => undefined))?.isDirectory() === true
  }

  /** A file that is not there: what earlier runs have kept of it apart, if anything. */
  async #lookApart(file: number, hasParts: boolean, seen: SeenFolders): Promise<FoundFile | undefined> {
    if (!hasParts && !this.#set.skipped[file]) return undefined
    this.#set.place(file, true)
    const found = hasParts ? await this.#lookAt(file, seen) : undefined
    if (found === undefined && !this.#set.skipped[file]) this.#set.place(file, false)
    return found
  }

  /** What is there of it, where its bytes are now. */
  async #lookAt(file: number, seen: SeenFolders): Promise<FoundFile | undefined> {
    if (this.#set.pads[file]) return undefined
    const { root, names } = this.#set
    try {
      return await lookInside(this.#files, root, names[file]!, this.#readOnly, seen)
    } catch (error) {
      const goes = errno(error) === 'storage/unsafe-path' && !this.#readOnly
      if (!goes || (await obstacleOf(this.#files, root, names[file]!, this.#older)) === undefined) throw error
      return undefined
    }
  }
}
