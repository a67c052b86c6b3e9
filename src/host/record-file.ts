import { createWriteStream, type WriteStream } from 'node:fs'
import { usageError } from '../core/errors.ts'
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

  /** Rejects with a usage error when the file cannot be made. A record holds the run's secrets: it is its owner's alone. */
  static async create(path: string, failed: (why: string) => void): Promise<RecordFile> {
    const stream = createWriteStream(path, { mode: 0o600 })
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve())
      stream.once('error', (error) => {
        const why = errno(error) || error.message
        reject(usageError('record/unwritable', `The record ${path} cannot be written (${why}).`))
      })
    })
    return new RecordFile(stream, failed)
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
