import { dirname } from 'node:path'
import { EMPTY } from '../core/bytes.ts'
import { replaceFile, sweepTemporary } from './atomic-file.ts'
import { type FileCalls, type OpenFile, systemFiles } from './file-calls.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import { readUpTo } from './read-up-to.ts'
import { stateError } from './storage-error.ts'
import { syncFolder } from './sync-folder.ts'
import { writeFully } from './whole-transfer.ts'

const LONGEST = 256 * 1024 * 1024
/** What `readUpTo` says of something that is no journal: by kind, length, and of folders, links and sockets. */
const UNUSABLE: readonly string[] = ['state/unusable', 'EISDIR', 'ELOOP', 'ENXIO']

/** A torrent's journal on disk; made at the first write. Calls run one after another. */
export class JournalFile {
  #path: string
  readonly #files: FileCalls
  #file: OpenFile | undefined
  #length = 0
  /** Whether the folder may not know the file yet. */
  #fresh = false
  #last: Promise<unknown> = Promise.resolve()
  /** Syncs under way, which need the file open. */
  readonly #syncing = new Set<Promise<void>>()

  constructor(path: string, files: FileCalls = systemFiles) {
    this.#path = path
    this.#files = files
  }

  /** All of it, empty when there is none; what is no ordinary file, or too long, is moved `aside`. */
  read(): Promise<{ readonly bytes: Uint8Array; readonly aside: string | undefined }> {
    return this.#next(async () => {
      await sweepTemporary(this.#files, this.#path)
      let aside: string | undefined
      const bytes = await readUpTo(this.#files, this.#path, LONGEST).catch(async (error: unknown) => {
        if (errno(error) === 'ENOENT') return EMPTY
        if (!UNUSABLE.includes(errno(error))) throw error
        aside = `${this.#path}.aside`
        await this.#files.rename(this.#path, aside)
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
        await writeFully(file, [records], this.#length)
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
      await replaceFile(this.#files, this.#path, journal, true)
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

  /** It is at `path` from here on, for good; `note` takes its old place. */
  move(path: string, note: Uint8Array): Promise<void> {
    return this.#next(async () => {
      const bytes = await readUpTo(this.#files, this.#path, LONGEST)
      await replaceFile(this.#files, path, bytes, true)
      // Without the note the old one stands there, which is as good until the old files begin to go.
      await replaceFile(this.#files, this.#path, note, true).catch(() => {})
      await this.#letGo()
      this.#path = path
      this.#length = bytes.length
    })
  }

  /** Removes it for good, and what a rewrite has left that was killed. */
  remove(): Promise<void> {
    return this.#next(async () => {
      await this.#letGo()
      await sweepTemporary(this.#files, this.#path)
      await this.#files.unlink(this.#path)
      await syncFolder(this.#files, dirname(this.#path))
    })
  }

  close(): Promise<void> {
    return this.#next(() => this.#letGo())
  }

  async #sync(): Promise<void> {
    const fresh = this.#fresh
    try {
      await this.#file?.datasync()
      if (fresh) await syncFolder(this.#files, dirname(this.#path))
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

  async #opened(): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file
    try {
      this.#file = await this.#files.open(this.#path, 'r+')
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error
      await makeFolder(this.#files, dirname(this.#path), 0o700)
      this.#file = await this.#files.open(this.#path, 'wx+', 0o600)
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
