import { join } from 'node:path'
import type { OlderFiles } from '../session/older-files.ts'
import type { FileCalls } from './file-calls.ts'
import { markOf } from './file-mark.ts'
import { errno } from './network-failure.ts'

/** What stands in the way of a file and may go; folders come after those that they hold. */
interface Obstacle {
  readonly files: string[]
  readonly folders: string[]
}

/**
 * What stands in the way of the file with components `names` below `root`, a file in a folder's place or a folder in its own, when all of it
 * is an older version's and unchanged; `undefined`: something of it is not, or nothing is in the way.
 */
export async function obstacleOf(
  files: FileCalls,
  root: string,
  names: readonly string[],
  older: OlderFiles,
): Promise<Obstacle | undefined> {
  let path = root
  for (const [depth, name] of names.entries()) {
    path = join(path, name)
    const found = await files.lstat(path).catch(absent)
    if (found === undefined) return undefined
    const isLast = depth === names.length - 1
    if (found.isDirectory() && !isLast) continue
    if (found.isDirectory()) {
      const obstacle: Obstacle = { files: [], folders: [] }
      return older.fill(path) && (await collect(files, path, older, obstacle)) ? obstacle : undefined
    }
    return !isLast && found.isFile() && older.owns(path, markOf(found))
      ? { files: [path], folders: [] }
      : undefined
  }
  return undefined
}

/** Removes it. */
export async function clearWay(
  files: FileCalls,
  root: string,
  names: readonly string[],
  older: OlderFiles,
): Promise<void> {
  const obstacle = await obstacleOf(files, root, names, older)
  for (const path of obstacle?.files ?? []) await files.unlink(path)
  for (const path of obstacle?.folders ?? []) await files.rmdir(path)
}

/** False: something in it is somebody else's. */
async function collect(
  files: FileCalls,
  folder: string,
  older: OlderFiles,
  obstacle: Obstacle,
): Promise<boolean> {
  for (const name of await files.readdir(folder)) {
    const path = join(folder, name)
    const found = await files.lstat(path)
    if (found.isDirectory()) {
      if (!(await collect(files, path, older, obstacle))) return false
    } else if (found.isFile() && older.owns(path, markOf(found))) obstacle.files.push(path)
    else return false
  }
  obstacle.folders.push(folder)
  return true
}

function absent(error: unknown): undefined {
  if (errno(error) !== 'ENOENT') throw error
}
