import { relative, sep } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import type { FileCalls } from './file-calls.ts'
import { errno } from './network-failure.ts'
import { lookInside } from './safe-open.ts'
import { missingFile } from './storage-error.ts'

/**
 * The error of a file (or folder) at `path` of a download that somebody else has spoilt while it was written: of what can be seen that
 * which tells what to do. `what` is said when nothing is in the way of fetching it again.
 */
export async function spoiltFile(
  files: FileCalls,
  root: string,
  path: string,
  what: string,
): Promise<LodestoneError> {
  try {
    await files.stat(root)
  } catch (error) {
    // A start waits for such a folder: it may be on a volume that is away.
    if (errno(error) === 'ENOENT')
      return missingFile(root, 'is gone: put it back, or make it again to fetch all anew, and start again')
  }
  try {
    await lookInside(files, root, relative(root, path).split(sep), false)
  } catch (error) {
    if (error instanceof LodestoneError && error.code === 'storage/unsafe-path') return error
  }
  return missingFile(path, `${what} meanwhile: start again to fetch what is missing`)
}
