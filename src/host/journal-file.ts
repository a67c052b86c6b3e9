import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EMPTY } from '../core/bytes.ts'
import { replaceFile, sweepTemporary, syncFolder } from './atomic-file.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import { readUpTo } from './read-up-to.ts'
import { stateError } from './storage-error.ts'

const LONGEST = 256 * 1024 * 1024
/** What `readUpTo` says of something that is no journal: by kind, length, and of folders, links and sockets. */
const UNUSABLE: readonly string[] = ['state/unusable', 'EISDIR', 'ELOOP', 'ENXIO']

/** A torrent's journal on disk; made at the first write. Calls run one after another. */
export class JournalFile {
  readonly #path: string
  #file: FileHandle | undefined
  #length = 0
  /** Whether the folder may not know the file yet. */
  #fresh = false
  #last: Promise<unknown> = Promise.resolve()
  /** Syncs under way, which need the file open. */
  readonly #syncing = new Set<Promise<void>>()

  constructor(path: string) {
    this.#path = path
  }

  /** All of it, empty when there is none; what is no ordinary file, or too long, is moved `aside`. */
  read(): Promise<{ readonly bytes: Uint8Array; readonly aside: string | undefined }> {
    return this.#next(async () => {
      await sweepTemporary(this.#path)
      let aside: string | undefined
      const bytes = await readUpTo(this.#path, LONGEST).catch(async (error: unknown) => {
        if (errno(error) === 'ENOENT') return EMPTY
        if (!UNUSABLE.includes(errno(error))) throw error
        aside = `${this.#path}.aside`
        await rename(this.#path, aside)
        return EMPTY
      })
      this.#length = bytes.length
      return { bytes, aside }
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
      await this.#letGo()
      this.#length = journal.length
    })
  }

  /**
   * What was appended is on the medium when it resolves. Appends do not wait for that: a sync may take the disk seconds, and
   * every piece's write waits for an append.
   */
  async sync(): Promise<void> {
    // Begun in its turn, so that a close which is asked for later knows of it.
    const { done } = await this.#next(async () => {
      const done = this.#sync()
      this.#syncing.add(done)
      const ended = (): void => void this.#syncing.delete(done)
      done.then(ended, ended)
      return { done }
    })
    await done
  }

  close(): Promise<void> {
    return this.#next(() => this.#letGo())
  }

  async #sync(): Promise<void> {
    const fresh = this.#fresh
    try {
      await this.#file?.datasync()
      if (fresh) await syncFolder(dirname(this.#path))
    } catch (error) {
      throw stateError(error, this.#path)
    }
    if (fresh) this.#fresh = false
  }

  /** Closes the file once no sync needs it. */
  async #letGo(): Promise<void> {
    await Promise.allSettled(this.#syncing)
    await this.#file?.close()
    this.#file = undefined
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
      throw stateError(error, this.#path)
    })
    this.#last = done.catch(() => {})
    return done
  }
}
