import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EMPTY } from '../core/bytes.ts'
import { replaceFile, sweepTemporary, syncFolder } from './atomic-file.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import { readUpTo } from './state-files.ts'
import { storageError } from './storage-error.ts'

const LONGEST = 256 * 1024 * 1024

/** A torrent's journal on disk; made at the first write. Calls run one after another. */
export class JournalFile {
  readonly #path: string
  #file: FileHandle | undefined
  #length = 0
  /** Whether the folder may not know the file yet. */
  #fresh = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** All of it, empty when there is none. */
  read(): Promise<Uint8Array> {
    return this.#next(async () => {
      await sweepTemporary(this.#path)
      const bytes = await readUpTo(this.#path, LONGEST).catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return EMPTY
        throw error
      })
      this.#length = bytes.length
      return bytes
    })
  }

  append(records: Uint8Array): Promise<void> {
    return this.#next(async () => {
      const file = await this.#opened()
      try {
        for (let done = 0; done < records.length; ) {
          const { bytesWritten } = await file.write(records, done, records.length - done, this.#length + done)
          done += bytesWritten
        }
      } catch (error) {
        // Half a record in the middle would hide all that is appended after it.
        await file.truncate(this.#length).catch(() => {})
        throw error
      }
      this.#length += records.length
    })
  }

  rewrite(journal: Uint8Array): Promise<void> {
    return this.#next(async () => {
      await replaceFile(this.#path, journal, true)
      await this.#file?.close()
      this.#file = undefined
      this.#length = journal.length
    })
  }

  /**
   * What was appended is on the medium when it resolves. Appends do not wait for that: a sync may take the disk seconds, and
   * every piece's write waits for an append.
   */
  async sync(): Promise<void> {
    const { file, fresh } = await this.#next(async () => ({ file: this.#file, fresh: this.#fresh }))
    try {
      await file?.datasync()
      if (fresh) await syncFolder(dirname(this.#path))
    } catch (error) {
      throw storageError(error, this.#path)
    }
    if (fresh) this.#fresh = false
  }

  close(): Promise<void> {
    return this.#next(async () => {
      await this.#file?.close()
      this.#file = undefined
    })
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file
    try {
      this.#file = await open(this.#path, 'r+')
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error
      await makeFolder(dirname(this.#path), 0o700)
      this.#file = await open(this.#path, 'wx+', 0o600)
      this.#fresh = true
      this.#length = 0
    }
    return this.#file
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work).catch((error: unknown) => {
      throw storageError(error, this.#path)
    })
    this.#last = done.catch(() => {})
    return done
  }
}
