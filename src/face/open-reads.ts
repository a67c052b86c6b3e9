import { LodestoneError } from '../core/errors.ts'
import type { Command } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import { RangeRead } from './range-read.ts'

type ReadEvent = Extract<SessionEvent, { readonly kind: 'read' | 'read-failed' }>

/** What is being read of a torrent, by the number that the session knows it under. */
export class OpenReads {
  readonly #torrent: number
  readonly #command: (command: Command) => void
  readonly #readers = new Map<number, RangeRead>()
  #numbers = 0

  constructor(torrent: number, command: (command: Command) => void) {
    this.#torrent = torrent
    this.#command = command
  }

  /** `range`: where in the content it lies, once that is known. */
  begin(
    signal: AbortSignal | undefined,
    range: () => Promise<{ readonly begin: number; readonly end: number }>,
  ): RangeRead {
    const torrent = this.#torrent
    const read = ++this.#numbers
    const reader = new RangeRead({
      signal,
      range,
      begin: (from, to) => this.#command({ kind: 'read', torrent, read, begin: from, end: to }),
      more: () => this.#command({ kind: 'read-on', torrent, read }),
      ended: () => {
        this.#readers.delete(read)
        this.#command({ kind: 'end-read', torrent, read })
      },
    })
    this.#readers.set(read, reader)
    return reader
  }

  happened(event: ReadEvent): void {
    const reader = this.#readers.get(event.read)
    if (event.kind === 'read') reader?.part(event.bytes)
    else reader?.fail(new LodestoneError('storage', event.code, event.message))
  }

  fail(error: LodestoneError): void {
    for (const reader of [...this.#readers.values()]) reader.fail(error)
  }
}
