import { constants, type WriteStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { equalBytes } from '../core/bytes.ts'
import { usageError } from '../core/errors.ts'
import { RECORD_MAGIC } from '../session/recording.ts'
import { errno } from './network-failure.ts'

/** What may wait for a disk that is slower than the run; beyond it the record ends. */
const LONGEST_QUEUE = 32 * 1024 * 1024

/** A file that a run is recorded into, written in the background. What goes wrong with it is told once and ends it, not the run. */
export class RecordFile {
  readonly #stream: WriteStream
  readonly #failed: (why: string) => void
  #ended = false

  private constructor(stream: WriteStream, failed: (why: string) => void) {
    this.#stream = stream
    this.#failed = failed
    stream.on('error', (error) => this.#fail(errno(error) || error.message))
  }

  /**
   * Replaces an older record; rejects with a usage error when the file cannot be made, or holds something else. A record holds
   * the run's secrets: it is its owner's alone.
   */
  static async create(path: string, failed: (why: string) => void): Promise<RecordFile> {
    // Not blocking: opening a FIFO would wait for its other end.
    const { O_RDWR, O_CREAT, O_NONBLOCK } = constants
    const file = await open(path, O_RDWR | O_CREAT | O_NONBLOCK, 0o600).catch((error: unknown) => {
      const why = errno(error) || String(error)
      throw usageError('record/unwritable', `The record ${path} cannot be written (${why}).`)
    })
    try {
      await requireRecord(file, path)
      await file.truncate()
    } catch (error) {
      await file.close()
      throw error
    }
    return new RecordFile(file.createWriteStream(), failed)
  }

  write(bytes: Uint8Array): void {
    if (this.#ended) return
    this.#stream.write(bytes)
    if (this.#stream.writableLength > LONGEST_QUEUE) this.#fail('the disk is too slow')
  }

  /** Resolves when everything is written, or cannot be. */
  async close(): Promise<void> {
    if (this.#stream.closed) return
    const closed = new Promise<void>((resolve) => this.#stream.once('close', resolve))
    if (!this.#ended) this.#stream.end()
    await closed
  }

  #fail(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#stream.destroy()
    this.#failed(why)
  }
}

/** Nothing but an older record, or nothing at all, may be lost. */
async function requireRecord(file: FileHandle, path: string): Promise<void> {
  const found = await file.stat()
  if (!found.isFile())
    throw usageError('record/kind', `${path} is not an ordinary file; name another for the record.`)
  if (found.size === 0) return
  const start = new Uint8Array(RECORD_MAGIC.length)
  await file.read(start, 0, start.length, 0)
  if (equalBytes(start, RECORD_MAGIC)) return
  throw usageError(
    'record/in-the-way',
    `${path} is not a record of a run; it stays as it is, so name another file.`,
  )
}
