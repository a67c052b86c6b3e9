import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { usageError } from '../core/errors.ts'

/** The bytes of an ordinary file of at most `limit` bytes. Throws a usage error that says what was found instead. */
export async function readSmallFile(path: string, limit: number): Promise<Uint8Array> {
  // Non-blocking, so that a FIFO without a writer does not hold us.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw usageError('file/unreadable', `${path} cannot be read (${error.code ?? error.message}).`)
    },
  )
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw usageError('file/kind', `${path} is not an ordinary file.`)
    if (found.size > limit) throw usageError('file/too-long', `${path} is longer than ${limit} bytes.`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}
