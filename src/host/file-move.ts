import { dirname, join, sep } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import { copyFile, isSameContent } from './copy-file.ts'
import type { FileCalls, FoundFile, OpenFile } from './file-calls.ts'
import type { FileSet } from './file-set.ts'
import { inBatches } from './in-batches.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import { realPath } from './real-path.ts'
import { lookInside, type OpenMode, openInside, walkFolders } from './safe-open.ts'
import { failAt, missingFile, storageError } from './storage-error.ts'
import { syncFolder } from './sync-folder.ts'

/** What file systems say that have no room for another name of a file, or are not the one where it lies. */
const NO_LINK: readonly string[] = ['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

export interface MoveTerms {
  /** What lies there under its names is its own, and may be of no use any more. */
  readonly replaces: boolean
  /** Called before anything is changed there. */
  claim(): Promise<void>
  /** Throws when it is to end. */
  check(): void
}

interface Item {
  readonly names: readonly string[]
  readonly found: FoundFile
}

/**
 * Puts the files of a torrent into another folder as well, those too that are kept apart: a second name where the file system allows it,
 * else a copy, which is synced and compared before it has its name. Nothing of the old place is touched, and `undo` takes back what was made.
 * What a killed one has left there is gone on with, and files of the same bytes are taken as they are.
 */
export class FileMove {
  readonly #set: FileSet
  readonly #to: string
  readonly #files: FileCalls
  readonly #terms: MoveTerms
  /** Where a copy grows until it is known to be right. */
  readonly #draft: readonly string[]
  readonly #placed: string[] = []
  /** Folders that were made, from the top down. */
  readonly #made = new Set<string>()

  constructor(set: FileSet, to: string, files: FileCalls, terms: MoveTerms) {
    this.#set = set
    this.#to = to
    this.#files = files
    this.#terms = terms
    this.#draft = [set.draft]
  }

  /** `known`: files that must be there. */
  async run(known: readonly boolean[]): Promise<void> {
    await this.#checkPlace()
    const items = await this.#list(known)
    if (!this.#terms.replaces) for (const item of items) await this.#mayPlace(item)
    await this.#terms.claim()
    if (!(await this.#exists(this.#to))) {
      await makeFolder(this.#files, this.#to).catch(failAt(this.#to))
      this.#made.add(this.#to)
    }
    const changed = new Set([this.#to])
    for (const { names } of items) {
      await this.#makeFolders(names)
      await this.#place(names)
      for (let depth = names.length - 1; depth > 0; depth--)
        changed.add(join(this.#to, ...names.slice(0, depth)))
    }
    // What a killed one has left half way.
    await this.#files.unlink(join(this.#to, ...this.#draft)).catch(() => {})
    for (const [folder, error] of await inBatches(changed, (folder) => syncFolder(this.#files, folder)))
      throw storageError(error, folder)
  }

  async undo(): Promise<void> {
    for (const path of [join(this.#to, ...this.#draft), ...this.#placed])
      await this.#files.unlink(path).catch(() => {})
    for (const folder of [...this.#made].reverse()) await this.#files.rmdir(folder).catch(() => {})
  }

  async #checkPlace(): Promise<void> {
    const { root, names, parts } = this.#set
    if (!(await this.#exists(root))) await this.#files.stat(root).catch(failAt(root))
    const to = await realPath(this.#files, this.#to)
    const tops = new Set([parts, ...names.flatMap((name) => (name.length > 1 ? [name[0]!] : []))])
    for (const top of tops) {
      const own = join(await realPath(this.#files, root), top)
      if (to !== own && !to.startsWith(`${own}${sep}`)) continue
      const message = `${this.#to} lies inside the torrent's own folder; give one outside of it.`
      throw new LodestoneError('usage', 'storage/inside-itself', message)
    }
  }

  /** What there is to move. */
  async #list(known: readonly boolean[]): Promise<readonly Item[]> {
    const items: Item[] = []
    for (const file of this.#set.names.keys()) {
      if (this.#set.pads[file]) continue
      let isThere = false
      for (const names of this.#set.places(file)) {
        const found = await lookInside(this.#files, this.#set.root, names, false)
        if (found === undefined) continue
        isThere = true
        items.push({ names, found })
      }
      if (known[file] && !isThere) throw missingFile(this.#set.paths[file]!, 'is gone')
    }
    return items
  }

  /** Sees at once what would be found out at the end of many copies. */
  async #mayPlace({ names, found }: Item): Promise<void> {
    const target = await lookInside(this.#files, this.#to, names, false)
    if (target !== undefined && target.size !== found.size) throw this.#occupied(names)
  }

  async #place(names: readonly string[]): Promise<void> {
    const { root } = this.#set
    const [from, to] = [join(root, ...names), join(this.#to, ...names)]
    this.#terms.check()
    try {
      await this.#files.link(from, to)
      this.#placed.push(to)
      return
    } catch (error) {
      if (errno(error) === 'EEXIST') {
        await this.#accept(names)
        return
      }
      if (!NO_LINK.includes(errno(error))) throw storageError(error, to)
    }
    if ((await lookInside(this.#files, this.#to, names, false)) !== undefined) await this.#accept(names)
    else await this.#copy(names, from, to)
  }

  async #copy(names: readonly string[], from: string, to: string): Promise<void> {
    const draft = join(this.#to, ...this.#draft)
    await this.#with(this.#set.root, names, 'read', (source) =>
      this.#with(this.#to, this.#draft, 'create', async (copy) => {
        await copyFile(source, copy, this.#terms.check).catch(failAt(to))
        await copy.datasync().catch(failAt(to))
        if (await isSameContent(source, copy, this.#terms.check).catch(failAt(to))) return
        const message = `The copy of ${from} is not what it was made from: the disk is failing, or another program writes to it.`
        throw new LodestoneError('storage', 'storage/io', message)
      }),
    )
    await this.#files.rename(draft, to).catch(failAt(to))
    this.#placed.push(to)
  }

  /** What is there already: the same file by a second name, or the same bytes. */
  async #accept(names: readonly string[]): Promise<void> {
    const { root } = this.#set
    const [source, target] = [
      await lookInside(this.#files, root, names, false),
      await lookInside(this.#files, this.#to, names, false),
    ]
    if (source?.ino === target?.ino && source?.dev === target?.dev) {
      // A folder that is mounted in two places would be emptied with the old one.
      const [here, there] = [dirname(join(root, ...names)), dirname(join(this.#to, ...names))]
      const [one, other] = [await this.#files.stat(here), await this.#files.stat(there)]
      if (one.ino !== other.ino || one.dev !== other.dev) return
      throw new LodestoneError('usage', 'storage/same-folder', `${there} is the same folder as ${here}.`)
    }
    const isSame = await this.#with(root, names, 'read', (one) =>
      this.#with(this.#to, names, 'read', (other) => isSameContent(one, other, this.#terms.check)),
    )
    if (isSame) return
    if (!this.#terms.replaces) throw this.#occupied(names)
    await this.#files.unlink(join(this.#to, ...names)).catch(failAt(join(this.#to, ...names)))
    await this.#place(names)
  }

  #occupied(names: readonly string[]): LodestoneError {
    const path = join(this.#to, ...names)
    const message = `Something else lies at ${path}: give another folder, or take it away first.`
    return new LodestoneError('storage', 'storage/foreign-files', message)
  }

  /** The file `names` below `root` is open during `work`. */
  async #with<T>(
    root: string,
    names: readonly string[],
    mode: OpenMode,
    work: (file: OpenFile) => Promise<T>,
  ): Promise<T> {
    const file = await openInside(this.#files, root, names, mode)
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }

  /** Those on the way of `names`. */
  async #makeFolders(names: readonly string[]): Promise<void> {
    for (let depth = 1; depth < names.length; depth++) {
      const folder = names.slice(0, depth)
      const path = join(this.#to, ...folder)
      if (this.#made.has(path)) continue
      const isThere = await this.#exists(path)
      await walkFolders(this.#files, this.#to, folder, true).catch(failAt(path))
      if (!isThere) this.#made.add(path)
    }
  }

  async #exists(path: string): Promise<boolean> {
    return this.#files.lstat(path).then(
      () => true,
      () => false,
    )
  }
}
