import { dirname } from 'node:path'
import type { FileCalls } from './file-calls.ts'
import { errno } from './network-failure.ts'

/** Bytes that the file system of `path`, or of the nearest folder above it that exists, has left for this user; `undefined`: it does not tell. */
export async function freeSpace(files: FileCalls, path: string): Promise<number | undefined> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await files.statfs(folder)
      return bavail * bsize
    } catch (error) {
      if (errno(error) !== 'ENOENT' || dirname(folder) === folder) return undefined
    }
  }
}
