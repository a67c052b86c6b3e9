import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { LodestoneError, usageError } from '../../src/core/errors.ts'

/** A longer record than this does not fit into one piece of memory. */
const LARGEST_RECORD: number = 4 * 2 ** 30
/** What the operating system reads at once. */
const PART = 2 ** 30

/** The bytes of a record. Throws a usage error at once where there is no file, or one that never ends. */
export function readRecordFile(path: string): Uint8Array {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) throw usageError('sim/no-file', `${path} is no regular file.`)
    if (stats.size > LARGEST_RECORD) {
      throw usageError('sim/no-file', `The file ${path} is larger than ${LARGEST_RECORD / 2 ** 30} GiB.`)
    }
    return firstBytes(path, stats.size)
  } catch (error) {
    if (error instanceof LodestoneError) throw error
    throw usageError('sim/no-file', `The file ${path} cannot be read.`)
  }
}

/** As many as it had when it was looked at: a record may still be growing, and a file of the system has no size. */
function firstBytes(path: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const file = openSync(path, 'r')
  try {
    let at = 0
    while (at < size) {
      const read = readSync(file, bytes, at, Math.min(PART, size - at), at)
      if (read === 0) break
      at += read
    }
    return bytes.subarray(0, at)
  } finally {
    closeSync(file)
  }
}
