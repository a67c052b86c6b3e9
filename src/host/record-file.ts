import { createWriteStream, type WriteStream } from 'node:fs'
import { usageError } from '../core/errors.ts'

/** A file that a run is recorded into, written in the background. */
export class RecordFile {
  readonly #stream: WriteStream
  /** A record that cannot be written must not end the run. */
  failed: Error | undefined

  private constructor(stream: WriteStream) {
    this.#stream = stream
  }

  /** Rejects with a usage error when the file cannot be made. */
  static async create(path: string): Promise<RecordFile> {
    const stream = createWriteStream(path)
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve())
      stream.once('error', (error) => {
        reject(usageError('record/unwritable', `The record ${path} cannot be written (${error.message}).`))
      })
    })
    const file = new RecordFile(stream)
    stream.on('error', (error) => {
      file.failed = error
    })
    return file
  }

  write(bytes: Uint8Array): void {
    if (this.failed === undefined) this.#stream.write(bytes)
  }

  close(): Promise<void> {
    if (this.failed !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      this.#stream.once('error', () => resolve())
      this.#stream.end(() => resolve())
    })
  }
}
