import { writeFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { storageError } from './storage-error.ts'

/**
 * Writes a file of the user's: whole, or not at all. An existing one keeps its mode. Rejects with a storage error.
 * Why the bytes go by the hook is told in `file-calls.ts`.
 */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, null, {
      fsync: true,
      tmpfileCreated: (temporary) => writeFile(temporary, bytes),
    })
  } catch (error) {
    throw storageError(error, path)
  }
}
