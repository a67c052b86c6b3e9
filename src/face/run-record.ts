import { Recorder } from '../session/recorder.ts'

/** Where a record of the run goes. */
export interface RecordSink {
  write(bytes: Uint8Array): void
  close(): Promise<void>
}

/** Opens the place for a record; `failed` is called at most once, when no more can be written. Rejects with a usage error. */
export type OpenRecord = (failed: (why: string) => void) => Promise<RecordSink>

/** The record of one run: the recorder between host and session, and the place that it writes to. */
export class RunRecord {
  readonly recorder: Recorder
  readonly #open: OpenRecord
  readonly #ended: (why: string) => void
  #sink: RecordSink | undefined

  /** `ended` is called when the record ends before the run does: neither its limit nor its disk concerns the run. */
  constructor(open: OpenRecord, ended: (why: string) => void) {
    this.#open = open
    this.#ended = ended
    this.recorder = new Recorder({
      write: (bytes) => this.#sink?.write(bytes),
      full: () => ended('it has reached its limit of 256 MiB'),
    })
  }

  async open(): Promise<void> {
    this.#sink = await this.#open(this.#ended)
  }

  /** The run is over; `now` in microseconds. */
  async close(now: number): Promise<void> {
    this.recorder.end(now)
    await this.#sink?.close()
  }
}
