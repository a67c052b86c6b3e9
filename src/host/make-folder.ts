import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errno } from './network-failure.ts'

/**
 * Makes the folder `path` and those above it. The runtime's own recursive call reports a read-only file system as a missing
 * folder.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode)
  } catch (error) {
    if (errno(error) === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (errno(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path), mode)
    await makeFolder(path, mode)
  }
}
