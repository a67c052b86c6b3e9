import { constants } from 'node:fs'
import { LodestoneError } from '../core/errors.ts'
import type { FileCalls } from './file-calls.ts'
import { readFully } from './whole-transfer.ts'

/** The whole of an ordinary state file; throws `state/unusable` when it is something else, or longer than `limit`. */
export async function readUpTo(files: FileCalls, path: string, limit: number): Promise<Uint8Array> {
  // Not blocking: a FIFO would wait for its other end.
  const file = await files.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    const found = await file.stat()
    if (!found.isFile()) throw unusable(path, 'is no ordinary file')
    if (found.size > limit) throw unusable(path, 'is too long')
    const bytes = new Uint8Array(found.size)
    return bytes.subarray(0, await readFully(file, bytes, 0))
  } finally {
    await file.close()
  }
}

export function unusable(path: string, why: string): LodestoneError {
  const message = `${path} ${why} to keep state in; --state names another place for it.`
  return new LodestoneError('storage', 'state/unusable', message)
}
