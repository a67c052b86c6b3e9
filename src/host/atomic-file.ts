import { open, readdir, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { makeFolder } from './make-folder.ts'

/**
 * Replaces the file at `path` by `bytes`: after a crash it holds the old content or the new, never a mix. The folder is made
 * (for the user alone) when there is none. `durable` waits for the disk, which takes seconds while much else is being written,
 * and holds one of the four threads that pieces are written by. The package writes in a single call and takes a short one, as on
 * a full disk, for success; so the bytes are written from its hook, by a call that loops.
 */
export async function replaceFile(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  await makeFolder(dirname(path), 0o700)
  await writeFileAtomic(path, null, {
    mode: 0o600,
    fsync: durable,
    tmpfileCreated: (temporary) => writeFile(temporary, bytes),
  })
  if (durable) await syncFolder(dirname(path))
}

/** Removes what replacements of `path` left behind that were cut off by a crash. Only its one writer may ask. */
export async function sweepTemporary(path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  const names = await readdir(dirname(path)).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue
    await unlink(join(dirname(path), name)).catch(() => {})
  }
}

/** Makes names that were created, renamed or removed in `folder` durable. Windows cannot and need not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
