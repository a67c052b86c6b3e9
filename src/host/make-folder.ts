import { dirname } from 'node:path'
import type { FileCalls } from './file-calls.ts'
import { errno } from './network-failure.ts'
import { syncFolder } from './sync-folder.ts'

/**
 * Makes the folder `path` and those above it, for good: what is synced below a folder whose name is lost in a power cut is lost with
 * it. The runtime's own recursive call reports a read-only file system as a missing folder.
 */
export async function makeFolder(files: FileCalls, path: string, mode = 0o777): Promise<void> {
  try {
    await files.mkdir(path, mode)
    // Above a folder that we may write in there may be one that we may not read.
    await syncFolder(files, dirname(path)).catch(() => {})
  } catch (error) {
    if (errno(error) === 'EEXIST' && (await files.stat(path)).isDirectory()) return
    if (errno(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(files, dirname(path), mode)
    await makeFolder(files, path, mode)
  }
}
