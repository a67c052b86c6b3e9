import { dirname, join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import type { EraseSpec } from '../session/ports.ts'
import type { FileCalls } from './file-calls.ts'
import { FileSet } from './file-set.ts'
import { inBatches } from './in-batches.ts'
import { JournalFile } from './journal-file.ts'
import { journalPath } from './journal-path.ts'
import { LockFile } from './lock-file.ts'
import { errno } from './network-failure.ts'
import { lookInside, walkFolders } from './safe-open.ts'
import { storageError } from './storage-error.ts'
import { syncFolder } from './sync-folder.ts'

/** Why a folder stays that may: it is gone, holds something, or is none. */
const STAYS: readonly string[] = ['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'storage/unsafe-path']

/**
 * Removes a torrent's files and then, unless some of them could not be, its journal: whoever is killed in between finds files
 * that are known as its own. Resolves with a sentence for each thing that was left. Throws `storage/locked` while a store of it is open,
 * and `storage/missing` when it has a journal and its folder is not there: its volume may be away.
 */
export async function eraseTorrent(
  spec: EraseSpec,
  stateFolder: string | undefined,
  files: FileCalls,
): Promise<readonly string[]> {
  const set = new FileSet(spec)
  if (stateFolder === undefined)
    return sentences(spec.owned ? await eraseFiles(set, files) : await foreign(set, files))
  const path = await journalPath(stateFolder, spec.infoHash, set.root, files)
  const lock = await LockFile.take(`${path}.lock`, set.root, files)
  try {
    const isKnown = await exists(files, path)
    if (!isKnown && !spec.owned) return sentences(await foreign(set, files))
    if (isKnown && !(await exists(files, set.root))) await files.stat(set.root)
    const failed = await eraseFiles(set, files)
    // What stands in a file's place is not ours; the rest is, and stays known as that.
    const isOver = failed.every(({ code }) => code === 'storage/unsafe-path')
    if (isKnown && isOver) await new JournalFile(path, files).remove()
    return sentences(failed)
  } catch (error) {
    throw storageError(error, set.root)
  } finally {
    await lock.release()
  }
}

/** Files in their places and kept apart, then the folders on their ways that are empty, from the bottom up; never the out folder. */
async function eraseFiles(set: FileSet, files: FileCalls): Promise<readonly LodestoneError[]> {
  const own = [...set.names.keys()].flatMap((file) => (set.pads[file] ? [] : set.places(file)))
  const places = [...own, [set.draft]]
  /** Folders that have lost a name. */
  const changed = new Set<string>()
  const failed: LodestoneError[] = []
  const blame = (errors: readonly [string, unknown][]): void => {
    failed.push(...errors.map(([path, error]) => storageError(error, path)))
  }
  const left = await inBatches(places, async (names) => {
    if ((await lookInside(files, set.root, names, false)) === undefined) return
    const path = join(set.root, ...names)
    await files.unlink(path)
    changed.add(dirname(path))
  })
  blame(left.map(([names, error]) => [join(set.root, ...names), error]))
  for (const names of foldersOf(places)) {
    const path = join(set.root, ...names)
    try {
      await walkFolders(files, set.root, names, false)
      await files.rmdir(path)
      changed.delete(path)
      changed.add(dirname(path))
    } catch (error) {
      if (!STAYS.includes(errno(error))) blame([[path, error]])
    }
  }
  blame(await inBatches(changed, (folder) => syncFolder(files, folder)))
  return failed
}

/** What lies under the names of a torrent that has never taken it over: each that is there. */
async function foreign(set: FileSet, files: FileCalls): Promise<readonly LodestoneError[]> {
  const found: LodestoneError[] = []
  const wanted = [...set.names.keys()].filter((file) => !set.pads[file])
  await inBatches(wanted, async (file) => {
    const path = set.located[file]!
    if (!(await exists(files, path))) return
    const message = `${path} is not known to be of this torrent.`
    found.push(new LodestoneError('storage', 'storage/foreign-files', message))
  })
  return found
}

/** Those that lie deepest first. */
function foldersOf(places: readonly (readonly string[])[]): (readonly string[])[] {
  const folders = new Map<string, readonly string[]>()
  for (const names of places) {
    for (let depth = 1; depth < names.length; depth++) {
      const folder = names.slice(0, depth)
      folders.set(join(...folder), folder)
    }
  }
  return [...folders.values()].sort((a, b) => b.length - a.length)
}

async function exists(files: FileCalls, path: string): Promise<boolean> {
  try {
    await files.stat(path)
    return true
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}

/** A link in place of a folder is in the way of all that would be below it, and is told once. */
function sentences(failed: readonly LodestoneError[]): readonly string[] {
  return [...new Set(failed.map(({ message }) => message))]
}
