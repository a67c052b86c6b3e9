import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { usageError } from '../../src/core/errors.ts'

/**
 * Makes a folder for results where there is none. Throws a usage error when it cannot be made or nothing can be written in it;
 * nothing is left then. Folder by folder, because `mkdir` with `recursive` never returns where making one is refused with
 * ENOENT, as in /proc.
 */
export function makeFolder(folder: string): void {
  const made: string[] = []
  try {
    const missing: string[] = []
    for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.push(path)
    for (const path of missing.toReversed()) if (makeOne(path)) made.push(path)
    // Rights do not tell: a file system may be read-only, and root may write everywhere.
    const probe = join(folder, `.lodestone-sim-${process.pid}`)
    closeSync(openSync(probe, 'w'))
    unlinkSync(probe)
  } catch {
    for (const path of made.toReversed()) rmdirSync(path)
    throw usageError('sim/no-folder', `The folder ${folder} cannot be made or written.`)
  }
}

/** Whether it was not there. */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    // Another shard may just have made it.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false
    throw error
  }
}
