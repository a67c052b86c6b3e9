import { replaceFile, sweepTemporary } from './atomic-file.ts'
import type { FileCalls } from './file-calls.ts'
import { decodeForwardNote, encodeForwardNote } from './forward-note.ts'
import { JournalFile } from './journal-file.ts'
import { journalPath } from './journal-path.ts'
import { LockFile } from './lock-file.ts'
import { stateError } from './storage-error.ts'

/**
 * Where a torrent's journal will be once it is moved: locked, and a note there leads back to where it is, from before the first file is in
 * the new folder. So what a killed move has left there is known as its own.
 */
export class MoveClaim {
  readonly path: string
  readonly lock: LockFile
  /** What lies there of the torrent is of a move that was killed. */
  readonly isOld: boolean
  readonly #note: Uint8Array
  readonly #files: FileCalls
  /** There is a journal, of another copy. */
  readonly #isTaken: boolean
  #isMade = false

  private constructor(
    path: string,
    lock: LockFile,
    found: { readonly isOld: boolean; readonly isTaken: boolean },
    note: Uint8Array,
    files: FileCalls,
  ) {
    this.path = path
    this.lock = lock
    this.isOld = found.isOld
    this.#isTaken = found.isTaken
    this.#note = note
    this.#files = files
  }

  /** `from`, `to`: absolute folders. Throws `storage/locked` when the torrent is in use there. */
  static async take(
    stateFolder: string,
    infoHash: Uint8Array,
    from: string,
    to: string,
    files: FileCalls,
  ): Promise<MoveClaim> {
    const path = await journalPath(stateFolder, infoHash, to, files)
    const lock = await LockFile.take(`${path}.lock`, to, files)
    try {
      const { bytes } = await new JournalFile(path, files).read()
      const isOld = decodeForwardNote(bytes) === from
      return new MoveClaim(path, lock, { isOld, isTaken: bytes.length > 0 }, encodeForwardNote(from), files)
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** For good. Over a journal nothing is written: what lies there has its own. */
  async mark(): Promise<void> {
    if (this.#isTaken) return
    this.#isMade = true
    await replaceFile(this.#files, this.path, this.#note, true).catch((error: unknown) => {
      throw stateError(error, this.path)
    })
  }

  async undo(): Promise<void> {
    if (this.#isMade) {
      await this.#files.unlink(this.path).catch(() => {})
      await sweepTemporary(this.#files, this.path)
    }
    await this.lock.release()
  }
}
