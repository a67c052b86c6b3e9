import type { OpenFile } from './file-calls.ts'
import { storeClosed } from './storage-error.ts'
import { writeFully } from './whole-transfer.ts'

const ZEROS = new Uint8Array(1024 * 1024)

/**
 * Gives a file its length for good, by zeros from where it ends: the runtime knows no other way that reserves room. The threads of the
 * runtime write them. Where it fails, a full disk above all, or is `stopped`, the file has its old length again.
 */
export async function allocate(file: OpenFile, length: number, stopped: () => boolean): Promise<void> {
  const { size } = await file.stat()
  try {
    for (let at = size; at < length; at += ZEROS.length) {
      if (stopped()) throw storeClosed()
      await writeFully(file, [ZEROS.subarray(0, Math.min(ZEROS.length, length - at))], at)
    }
  } catch (error) {
    await file.truncate(size).catch(() => {})
    throw error
  }
}
