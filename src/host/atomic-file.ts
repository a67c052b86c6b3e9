import { basename, dirname, join } from 'node:path'
import type { FileCalls } from './file-calls.ts'
import { makeFolder } from './make-folder.ts'
import { syncFolder } from './sync-folder.ts'

/**
 * Replaces the file at `path` by `bytes`: after a crash it holds the old content or the new, never a mix. The folder is made
 * (for the user alone) when there is none. `durable` waits for the disk, which takes seconds while much else is being written,
 * and holds one of the four threads that pieces are written by.
 */
export async function replaceFile(
  files: FileCalls,
  path: string,
  bytes: Uint8Array,
  durable: boolean,
): Promise<void> {
  await makeFolder(files, dirname(path), 0o700)
  await files.replace(path, bytes, durable)
  if (durable) await syncFolder(files, dirname(path))
}

/** Removes what replacements of `path` left behind that were cut off by a crash. Only its one writer may ask. */
export async function sweepTemporary(files: FileCalls, path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  const names = await files.readdir(dirname(path)).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue
    await files.unlink(join(dirname(path), name)).catch(() => {})
  }
}
