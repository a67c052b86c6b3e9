/** One real session on ports that cost next to nothing, so that what is measured is the session: virtual time, no disk, no socket. */
import { parseAddress } from '../../../src/core/address.ts'
import { BLOCK_LENGTH } from '../../../src/core/geometry.ts'
import { type Micros, NEVER } from '../../../src/core/time.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'
import type { Command } from '../../../src/session/commands.ts'
import type { SessionEvent } from '../../../src/session/events.ts'
import type { SessionOptions } from '../../../src/session/options.ts'
import type { Outcome, Ports, StoreOpened, StreamId, Ticket } from '../../../src/session/ports.ts'
import { Session } from '../../../src/session/session.ts'
import { dice } from '../../support/dice.ts'

/** What every piece hashes to, and what every block is. */
export const HASH: Uint8Array = new Uint8Array(20)
export const BLOCK: Uint8Array = new Uint8Array(BLOCK_LENGTH)
/** Of what one stream has to say in a round, payload apart. */
const ROOM = 256 * 1024

/** What left the session for one stream since it was last flushed: `said` without the payload, of which only `bytes` tells. */
export type Flushed = (stream: StreamId, said: Uint8Array, bytes: number) => void

export class LoneSession {
  readonly session: Session
  readonly events: SessionEvent[] = []
  now: Micros = 0
  /** Milliseconds within the session since the last time that this was set to 0. */
  spent = 0
  readonly #flushed: Flushed
  readonly #closed: (stream: StreamId) => void
  readonly #streams = new Map<StreamId, { readonly room: Uint8Array; used: number; bytes: number }>()
  /** Questions that have been answered, to be told when the input is over. */
  readonly #answers: { readonly ticket: Ticket; readonly outcome: Outcome }[] = []
  #wakeAt: Micros = NEVER

  /** `bytes`: what its disk holds of the one file; -1: nothing. */
  constructor(
    bytes: number,
    options: Partial<SessionOptions>,
    flushed: Flushed,
    closed: (stream: StreamId) => void,
  ) {
    this.#flushed = flushed
    this.#closed = closed
    this.session = new Session({
      ports: this.#ports(bytes),
      options: { bind: ['20.0.0.1'], port: 6881, dht: false, bootstrap: [], ...options },
      emit: (event) => this.events.push(event),
    })
    this.#input(() => this.session.start(this.now))
  }

  command(command: Command): void {
    this.#input(() => this.session.command(this.now, command))
  }

  accepted(stream: StreamId, host: string): void {
    this.#streams.set(stream, { room: new Uint8Array(ROOM), used: 0, bytes: 0 })
    this.#input(() => this.session.accepted(this.now, 1, stream, parseAddress(host, 6881)!))
  }

  chunk(stream: StreamId, views: readonly Uint8Array[]): void {
    this.#input(() => this.session.chunk(this.now, stream, views))
  }

  sent(stream: StreamId, bytes: number): void {
    this.#input(() => this.session.sent(this.now, stream, bytes))
  }

  /** Lets time pass, with each timer on the way. */
  pass(duration: Micros): void {
    const end = this.now + duration
    while (this.#wakeAt <= end) {
      this.now = Math.max(this.now, this.#wakeAt)
      this.#wakeAt = NEVER
      this.#input(() => this.session.timer(this.now))
    }
    this.now = end
  }

  #input(act: () => void): void {
    const began = performance.now()
    act()
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift())
      this.session.completed(this.now, answer.ticket, answer.outcome)
    this.spent += performance.now() - began
  }

  #ports(bytes: number): Ports {
    const answer = (ticket: Ticket, value?: unknown): void => {
      this.#answers.push({ ticket, outcome: { ok: true, value } })
    }
    const address = (host: string, port: number) => parseAddress(host, port)
    const opened: StoreOpened = {
      ...{ folder: true, lengths: [bytes], marks: [1], journal: new Uint8Array(0) },
      ...{ journalAside: undefined, paths: ['a'] },
    }
    return {
      clock: { wall: () => 0, wakeAt: (at) => (this.#wakeAt = at) },
      random: { secret: dice(1), dice: dice(2) },
      crypto: nodeCrypto,
      names: { resolve: (ticket) => answer(ticket, []), own: (ticket) => answer(ticket, []) },
      udp: {
        bind: (ticket, _socket, host, port) => answer(ticket, address(host, port)),
        reserve: (length) => new Uint8Array(length),
        send() {},
        close() {},
      },
      streams: {
        listen: (ticket, _listener, host, port) => answer(ticket, address(host, port)),
        connect() {},
        reserve: (id, length) => {
          const stream = this.#streams.get(id)!
          stream.bytes += length
          return stream.room.subarray(stream.used, (stream.used += length))
        },
        send: (id, { length }) => {
          this.#streams.get(id)!.bytes += length
        },
        flush: (id) => {
          const stream = this.#streams.get(id)!
          // Listening is not the session's work.
          const began = performance.now()
          this.#flushed(id, stream.room.subarray(0, stream.used), stream.bytes)
          this.spent -= performance.now() - began
          stream.used = 0
          stream.bytes = 0
        },
        pause() {},
        resume() {},
        close: (id) => this.#closed(id),
        unlisten() {},
      },
      storage: {
        open: (ticket) => answer(ticket, opened),
        prepare: (ticket) => answer(ticket),
        write() {},
        flush: (ticket) => answer(ticket),
        release() {},
        read: (ticket, _store, _piece, _begin, length) => answer(ticket, BLOCK.subarray(0, length)),
        append: (ticket) => answer(ticket),
        rewrite: (ticket) => answer(ticket),
        barrier: (ticket) => answer(ticket),
        confirm: (ticket) => answer(ticket, []),
        marks: (ticket) => answer(ticket, [1]),
        select: (ticket) => answer(ticket),
        close: (ticket) => answer(ticket),
        erase: (ticket) => answer(ticket, []),
        move: (ticket) => answer(ticket),
        stay() {},
      },
      hasher: {
        hash: (ticket) => answer(ticket, HASH),
        digests: (ticket, _store, _piece, _begin, length) => {
          answer(ticket, new Uint8Array(20 * Math.ceil(length / BLOCK_LENGTH)))
        },
        leaves: (ticket) => answer(ticket),
      },
      state: {
        claim: (ticket) => answer(ticket, true),
        read: (ticket) => answer(ticket),
        replace: (ticket) => answer(ticket),
      },
    }
  }
}
