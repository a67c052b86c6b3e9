import { constants } from 'node:fs'
import { join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import type { FileCalls, FoundFile, OpenFile } from './file-calls.ts'
import { errno } from './network-failure.ts'
import { storageError } from './storage-error.ts'

/**
 * - `follow`: reads what is there, through links too (seeding what the user has).
 * - `read`, `write`: an existing file; `create`: makes it and its folders when they are missing. Never through a link below `root`.
 */
export type OpenMode = 'follow' | 'read' | 'write' | 'create'

/** By path: the folders that one pass over many files has come by. It looks at each once: 50,000 files may lie in one. */
export type SeenFolders = Map<string, Promise<void>>

const FLAGS: Record<OpenMode, number> = {
  follow: constants.O_RDONLY,
  read: constants.O_RDONLY | constants.O_NOFOLLOW,
  write: constants.O_RDWR | constants.O_NOFOLLOW,
  create: constants.O_RDWR | constants.O_NOFOLLOW | constants.O_CREAT,
}

/** Opens the file with components `names` below the folder `root`; only a regular file comes back. */
export async function openInside(
  files: FileCalls,
  root: string,
  names: readonly string[],
  mode: OpenMode,
): Promise<OpenFile> {
  const path = join(root, ...names)
  try {
    if (mode !== 'follow') await walkFolders(files, root, names.slice(0, -1), mode === 'create')
    // Not blocking: opening a FIFO would wait for its other end.
    const file = await files.open(path, FLAGS[mode] | constants.O_NONBLOCK, 0o666)
    try {
      requireFile(await file.stat(), path)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  } catch (error) {
    throw storageError(error, path)
  }
}

/** What `openInside` would open, `undefined` when there is none; throws when something else stands there. */
export async function lookInside(
  files: FileCalls,
  root: string,
  names: readonly string[],
  follow: boolean,
  seen?: SeenFolders,
): Promise<FoundFile | undefined> {
  const path = join(root, ...names)
  try {
    if (!follow) await walkFolders(files, root, names.slice(0, -1), false, seen)
    const found = await (follow ? files.stat(path) : files.lstat(path))
    requireFile(found, path)
    return found
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw storageError(error, path)
  }
}

/** Goes down from `root`, refusing links and files on the way; makes missing folders when told to. */
export async function walkFolders(
  files: FileCalls,
  root: string,
  names: readonly string[],
  make: boolean,
  seen: SeenFolders = new Map(),
): Promise<void> {
  let folder = root
  for (const name of names) {
    folder = join(folder, name)
    const looked = seen.get(folder) ?? requireFolder(files, folder, make)
    seen.set(folder, looked)
    await looked
  }
}

async function requireFolder(files: FileCalls, folder: string, make: boolean): Promise<void> {
  const found = await files.lstat(folder).catch((error: unknown) => {
    if (make && errno(error) === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) await files.mkdir(folder)
  else if (!found.isDirectory()) throw unsafe(found, folder, 'a folder')
}

function requireFile(found: FoundFile, path: string): void {
  if (!found.isFile()) throw unsafe(found, path, 'a file')
}

function unsafe(found: FoundFile, path: string, wanted: string): LodestoneError {
  const what = found.isSymbolicLink()
    ? 'A symbolic link'
    : found.isDirectory()
      ? 'A folder'
      : found.isFile()
        ? 'A file'
        : 'A pipe, socket or device'
  return new LodestoneError(
    'storage',
    'storage/unsafe-path',
    `${what} stands where ${wanted} should be: ${path}.`,
  )
}
