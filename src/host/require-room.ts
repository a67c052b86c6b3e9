import { LodestoneError } from '../core/errors.ts'
import type { FileCalls } from './file-calls.ts'
import type { FileSet } from './file-set.ts'
import { freeSpace } from './free-space.ts'
import { inBatches } from './in-batches.ts'
import { lookInside, type SeenFolders } from './safe-open.ts'

const MEBIBYTE = 1024 * 1024

/**
 * Throws `storage/full` when the disk has less left than `allocate` would write for `wanted`, so that a disk is not filled up to find
 * out. What cannot be looked at is left for whoever opens it to tell.
 */
export async function requireRoom(files: FileCalls, set: FileSet, wanted: Iterable<number>): Promise<void> {
  const seen: SeenFolders = new Map()
  let needed = 0
  await inBatches(wanted, async (file) => {
    if (set.pads[file]) return
    const found = await lookInside(files, set.root, set.names[file]!, false, seen)
    needed += Math.max(0, set.lengths[file]! - (found?.size ?? 0))
  })
  const free = await freeSpace(files, set.root)
  if (free === undefined || needed <= free) return
  const [missing, left] = [Math.ceil(needed / MEBIBYTE), Math.floor(free / MEBIBYTE)]
  const message = `The disk has too little room: ${missing} MiB are still to be written to ${set.root}, ${left} MiB are free.`
  throw new LodestoneError('storage', 'storage/full', message)
}
