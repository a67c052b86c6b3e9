import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { concatBytes } from '../../src/core/bytes.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { type HostOptions, NodeHost } from '../../src/host/host.ts'
import type { Failure, Inputs, Outcome, StoreOpened, StoreSpec, Ticket } from '../../src/session/ports.ts'

export interface Heard {
  readonly kind: keyof Inputs
  readonly args: readonly unknown[]
}

/** A host under test: questions as promises, inputs as a list that can be awaited. Everything is closed after the test. */
export class Rig {
  readonly host: NodeHost
  readonly heard: Heard[] = []
  /** Bytes in all chunks and datagrams so far. */
  bytes = 0
  readonly #asked = new Map<Ticket, (outcome: Outcome) => void>()
  readonly #waiting = new Set<() => void>()
  #nextTicket: Ticket = 1
  #inPortCall = false

  constructor(test: TestContext, options: Partial<HostOptions> = {}) {
    this.host = new NodeHost({ stateFolder: undefined, ...options })
    const hear =
      (kind: keyof Inputs) =>
      (...args: unknown[]): void => {
        if (this.#inPortCall) throw new Error(`${kind} came within a port call`)
        // Lent bytes are kept as a copy, as a machine would.
        for (const arg of args) if (arg instanceof Uint8Array) this.bytes += arg.length
        this.heard.push({ kind, args: args.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg)) })
        for (const wake of [...this.#waiting]) wake()
      }
    this.host.attach({
      timer: hear('timer'),
      datagram: hear('datagram'),
      accepted: hear('accepted'),
      connected: hear('connected'),
      chunk: (now, stream, views) => hear('chunk')(now, stream, concatBytes(views)),
      sent: hear('sent'),
      streamClosed: hear('streamClosed'),
      completed: (now, ticket, outcome) => {
        const answer = this.#asked.get(ticket)
        if (answer === undefined) throw new Error(`ticket ${ticket} was completed twice`)
        this.#asked.delete(ticket)
        hear('completed')(now, ticket, outcome)
        answer(outcome)
      },
      command: hear('command'),
    })
    test.after(() => this.host.close())
  }

  /** A port call that must not be answered before it returns. */
  call<T>(ask: () => T): T {
    this.#inPortCall = true
    try {
      return ask()
    } finally {
      this.#inPortCall = false
    }
  }

  /** `within`: called in the input itself. */
  outcome(ask: (ticket: Ticket) => void, within: (outcome: Outcome) => void = () => {}): Promise<Outcome> {
    return new Promise((resolve) => {
      const ticket = this.#nextTicket++
      this.#asked.set(ticket, (outcome) => {
        within(outcome)
        resolve(outcome)
      })
      this.call(() => ask(ticket))
    })
  }

  async value<T>(ask: (ticket: Ticket) => void): Promise<T> {
    const outcome = await this.outcome(ask)
    if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`)
    return outcome.value as T
  }

  async failure(ask: (ticket: Ticket) => void): Promise<Failure> {
    const outcome = await this.outcome(ask)
    if (outcome.ok) throw new Error('it did not fail')
    return outcome.failure
  }

  async code(ask: (ticket: Ticket) => void): Promise<ErrorCode> {
    return (await this.failure(ask)).code
  }

  all(kind: keyof Inputs): Heard[] {
    return this.heard.filter((one) => one.kind === kind)
  }

  /** Resolves once `met` holds, asked after each input. */
  async until(met: () => boolean): Promise<void> {
    while (!met()) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }

  /** The first input of `kind`. */
  async first(kind: keyof Inputs): Promise<Heard> {
    await this.until(() => this.all(kind).length > 0)
    return this.all(kind)[0]!
  }

  open(handle: number, spec: StoreSpec): Promise<StoreOpened> {
    return this.value((ticket) => this.host.ports.storage.open(ticket, handle, spec))
  }

  /** Writes, flushes and releases one whole piece. */
  async put(handle: number, piece: number, bytes: Uint8Array): Promise<Outcome> {
    const { storage } = this.host.ports
    storage.write(handle, piece, 0, bytes)
    const outcome = await this.outcome((ticket) => storage.flush(ticket, handle, piece, 0, bytes.length))
    storage.release(handle, piece, 0, bytes.length)
    return outcome
  }
}

/** A folder that is removed after the test. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lodestone-'))
  test.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A store of `files` (length by path) with pieces of `pieceLength`. */
export function storeSpec(
  out: string,
  files: Readonly<Record<string, number>>,
  pieceLength: number,
  changes: Partial<StoreSpec> = {},
): StoreSpec {
  const entries = Object.entries(files).map(([path, length]) => ({
    path: path.split('/'),
    length,
    pad: path.startsWith('.pad/'),
  }))
  return {
    infoHash: new Uint8Array(20).fill(7),
    out,
    pieceLength,
    length: entries.reduce((sum, { length }) => sum + length, 0),
    files: entries,
    readOnly: false,
    overwrite: false,
    ephemeral: false,
    ...changes,
  }
}

/** `length` bytes that differ from place to place. */
export function content(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0, word = seed; i < length; i++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = word >>> 24
  }
  return bytes
}
