import { basename, dirname, join } from 'node:path'
import type { FileCalls } from './file-calls.ts'

/** Without links, as far as it exists. */
export async function realPath(files: FileCalls, path: string): Promise<string> {
  try {
    return await files.realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await realPath(files, parent), basename(path))
  }
}
