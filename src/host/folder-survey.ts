import { stat } from 'node:fs/promises'
import { LodestoneError } from '../core/errors.ts'
import type { StoreSpec } from '../session/ports.ts'
import { systemFiles } from './file-calls.ts'
import { FileSet } from './file-set.ts'
import { freeSpace } from './free-space.ts'
import { lookInside, type SeenFolders } from './safe-open.ts'

/** What stands in the place of one file; `undefined`: nothing. */
type Found =
  | { readonly length: number; readonly allocated: number }
  /** A sentence. */
  | { readonly obstacle: string }
  | undefined

/** `st_blocks` counts these, whatever the file system's own blocks are. */
const BLOCK = 512

/**
 * Looks at the places of a torrent's files as a store does when it is opened, and writes nothing. `root`: the out folder, absolute. `free`:
 * bytes that its file system has left for this user; `undefined` where that is not told.
 */
export async function surveyFolder(spec: Pick<StoreSpec, 'out' | 'files' | 'infoHash'>): Promise<{
  readonly root: string
  readonly found: readonly Found[]
  readonly free: number | undefined
}> {
  const { root, names, pads } = new FileSet(spec)
  const isThere = await stat(root).then(
    () => true,
    () => false,
  )
  const seen: SeenFolders = new Map()
  const found: Found[] = []
  for (const [file, name] of names.entries()) {
    found.push(isThere && !pads[file] ? await look(root, name, seen) : undefined)
  }
  return { root, found, free: await freeSpace(systemFiles, root) }
}

async function look(root: string, names: readonly string[], seen: SeenFolders): Promise<Found> {
  try {
    const found = await lookInside(systemFiles, root, names, false, seen)
    // A file that is being downloaded has its whole length from the start, and holes.
    return found && { length: found.size, allocated: Math.min(found.size, BLOCK * found.blocks) }
  } catch (error) {
    if (error instanceof LodestoneError) return { obstacle: error.message }
    throw error
  }
}
