import type { Address } from '../core/address.ts'
import { EMPTY } from '../core/bytes.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import type { Command } from './commands.ts'
import { asItCame } from './encrypted-stream.ts'
import type { SessionEvent } from './events.ts'
import type { SessionOptions } from './options.ts'
import type { Handle, Inputs, Outcome, Ports, StreamId, Ticket } from './ports.ts'
import type { Frame } from './recording.ts'
import { encodeFrame, RECORD_MAGIC, withoutPayload } from './recording.ts'
import type { Session } from './session.ts'
import { isUtp } from './udp-mux.ts'

/** A record stops growing here; what comes after is not recorded. */
const RECORD_LIMIT = 256 * 1024 * 1024

export interface RecorderInit {
  /** Takes the record's bytes in order. */
  write(bytes: Uint8Array): void
  /** The limit was reached: what happens from here on is not recorded. */
  full?(): void
  /** Bytes; by default `RECORD_LIMIT`. */
  readonly limit?: number
}

/**
 * Stands at the one choke point, between host and session, and writes down all that passes. The session is the one that runs
 * unrecorded; only payload bytes that no machine looks at are left out (what the session hands to storage, and what storage
 * hands back to be sent).
 */
export class Recorder implements Inputs {
  readonly #write: (bytes: Uint8Array) => void
  readonly #full: () => void
  #session: Session | undefined
  #left: number
  /** The chunk or datagram being delivered, and the parts of it that went to storage. */
  #chunk: Uint8Array | undefined
  #holes: [number, number][] = []
  /** Events and commands that came while a chunk was delivered. */
  #caused: Frame[] | undefined
  readonly #reads = new Set<Ticket>()
  /** Of bodies that web servers send. */
  readonly #bodies = new Set<Ticket>()

  constructor({ write, full = () => {}, limit = RECORD_LIMIT }: RecorderInit) {
    this.#write = write
    this.#full = full
    this.#left = limit
  }

  /** The ports for the recorded session: storage is watched, everything else passes. */
  watch(ports: Ports): Ports {
    const { storage, web } = ports
    return {
      ...ports,
      ...(web && {
        web: {
          get: (ticket, call, ask) => web.get(ticket, call, ask),
          read: (ticket, call) => {
            this.#bodies.add(ticket)
            web.read(ticket, call)
          },
          close: (call) => web.close(call),
        },
      }),
      storage: {
        open: (ticket, store, spec) => storage.open(ticket, store, spec),
        prepare: (ticket, store) => storage.prepare(ticket, store),
        write: (store, piece, offset, view) => {
          const chunk = this.#chunk
          const bytes = asItCame(view)
          if (chunk !== undefined && bytes.buffer === chunk.buffer) {
            const start = bytes.byteOffset - chunk.byteOffset
            if (start >= 0 && start + bytes.length <= chunk.length)
              this.#holes.push([start, start + bytes.length])
          }
          storage.write(store, piece, offset, view)
        },
        flush: (ticket, store, piece, begin, length) => storage.flush(ticket, store, piece, begin, length),
        release: (store, piece, begin, length) => storage.release(store, piece, begin, length),
        read: (ticket, store, piece, begin, length) => {
          this.#reads.add(ticket)
          storage.read(ticket, store, piece, begin, length)
        },
        select: (ticket, store, skip) => storage.select(ticket, store, skip),
        append: (ticket, store, records) => storage.append(ticket, store, records),
        rewrite: (ticket, store, journal) => storage.rewrite(ticket, store, journal),
        barrier: (ticket, store) => storage.barrier(ticket, store),
        confirm: (ticket, store) => storage.confirm(ticket, store),
        marks: (ticket, store) => storage.marks(ticket, store),
        move: (ticket, store, out) => storage.move(ticket, store, out),
        stay: (store) => storage.stay(store),
        close: (ticket, store) => storage.close(ticket, store),
        erase: (ticket, spec) => storage.erase(ticket, spec),
      },
    }
  }

  /** Begins: the seed and the options are the record's first frame. */
  start(now: Micros, session: Session, options: Partial<SessionOptions>, seed: Uint8Array): void {
    this.#session = session
    this.#write(RECORD_MAGIC)
    this.#put({ what: 'session', now, fields: [options], bytes: seed })
    session.start(now)
  }

  /** Ends the record: a run that was stopped can be told from one that was torn off. */
  end(now: Micros): void {
    this.#put({ what: 'end', now, fields: ['closed'], bytes: EMPTY })
    this.#left = 0
  }

  event(now: Micros, event: SessionEvent): void {
    this.#put({ what: 'event', now, fields: [withoutPayload(event)], bytes: EMPTY })
  }

  timer(now: Micros): void {
    this.#put({ what: 'timer', now, fields: [], bytes: EMPTY })
    this.#session!.timer(now)
  }

  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void {
    const frame: Frame = { what: 'datagram', now, fields: [socket, from], bytes }
    const deliver = (): void => this.#session!.datagram(now, socket, from, bytes)
    if (isUtp(bytes[0]!)) this.#deliver(frame, deliver)
    else {
      this.#put(frame)
      deliver()
    }
  }

  accepted(now: Micros, listener: Handle, stream: StreamId, from: Address): void {
    this.#put({ what: 'accepted', now, fields: [listener, stream, from], bytes: EMPTY })
    this.#session!.accepted(now, listener, stream, from)
  }

  connected(now: Micros, stream: StreamId): void {
    this.#put({ what: 'connected', now, fields: [stream], bytes: EMPTY })
    this.#session!.connected(now, stream)
  }

  /** View by view, each an input of its own: a host may cut what has arrived where it likes. */
  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void {
    for (const view of views) this.#chunkOf(now, stream, view)
  }

  sent(now: Micros, stream: StreamId, bytes: number): void {
    this.#put({ what: 'sent', now, fields: [stream, bytes], bytes: EMPTY })
    this.#session!.sent(now, stream, bytes)
  }

  streamClosed(now: Micros, stream: StreamId, reason: ErrorCode): void {
    this.#put({ what: 'stream-closed', now, fields: [stream, reason], bytes: EMPTY })
    this.#session!.streamClosed(now, stream, reason)
  }

  completed(now: Micros, ticket: Ticket, outcome: Outcome): void {
    const payload = this.#reads.delete(ticket)
    if (this.#bodies.delete(ticket) && outcome.ok && outcome.value instanceof Uint8Array) {
      const bytes = outcome.value
      const frame: Frame = { what: 'completed', now, fields: [ticket, true], bytes }
      this.#deliver(frame, () => this.#session!.completed(now, ticket, outcome))
      return
    }
    if (outcome.ok && outcome.value instanceof Uint8Array) {
      const bytes = outcome.value
      this.#put({ what: 'completed', now, fields: [ticket, true], bytes }, payload ? [[0, bytes.length]] : [])
    } else if (outcome.ok) {
      this.#put({ what: 'completed', now, fields: [ticket, true, outcome.value], bytes: EMPTY })
    } else this.#put({ what: 'completed', now, fields: [ticket, false, outcome.failure], bytes: EMPTY })
    this.#session!.completed(now, ticket, outcome)
  }

  command(now: Micros, command: Command): void {
    this.#put({ what: 'command', now, fields: [command], bytes: EMPTY })
    this.#session!.command(now, command)
  }

  #chunkOf(now: Micros, stream: StreamId, bytes: Uint8Array): void {
    const frame: Frame = { what: 'chunk', now, fields: [stream], bytes }
    this.#deliver(frame, () => this.#session!.chunk(now, stream, [bytes]))
  }

  /** Which parts of the bytes are payload is known only afterwards; in the record, an input stands before what it caused. */
  #deliver(frame: Frame, give: () => void): void {
    const caused: Frame[] = []
    this.#caused = caused
    this.#chunk = frame.bytes
    this.#holes = []
    give()
    this.#chunk = undefined
    this.#caused = undefined
    this.#put(frame, this.#holes)
    for (const one of caused) this.#put(one)
  }

  #put(frame: Frame, holes: readonly (readonly [number, number])[] = []): void {
    if (this.#left <= 0) return
    if (this.#caused !== undefined) {
      this.#caused.push(frame)
      return
    }
    const bytes = encodeFrame(frame, holes)
    this.#left -= bytes.length
    if (this.#left > 0) this.#write(bytes)
    else {
      this.#write(encodeFrame({ what: 'end', now: frame.now, fields: ['limit'], bytes: EMPTY }))
      this.#full()
    }
  }
}
