import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import type { Address } from '../../src/core/address.ts'
import { copyBytes } from '../../src/core/bytes.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type { Host } from '../../src/index.ts'
import type { Inputs, Ports, StreamId, StreamsPort } from '../../src/session/ports.ts'

/** One-way delay of the next packet between this host and whoever is at an address. */
export type Way = (other: Address) => Micros

/** What has come over a stream and is still on its way, in order. */
interface Line {
  readonly remote: Address
  /** Whether the session takes nothing at present. */
  isPaused: boolean
  /** When the last of what waits may be delivered, in milliseconds: nothing overtakes. */
  lastAt: number
  /** Up to when what waits is due. Timers set it, which fire a little early too: by the clock it might not be due yet. */
  dueAt: number
  readonly waiting: { readonly at: number; readonly deliver: () => void }[]
}

/**
 * A real host to which everything comes later, as if it had travelled: datagrams and the bytes of streams by one way, the
 * answer to a dial by two. What it sends leaves at once, for the other end delays it. So real sessions on one machine are as
 * far apart as simulated ones, and neither they nor their sockets know.
 */
export class DelayedHost implements Host {
  readonly ports: Ports
  readonly seed: Uint8Array
  /** By how much what was delayed came later still, in milliseconds. */
  readonly lateness: number[] = []
  readonly #host: Host
  readonly #way: Way
  readonly #lines = new Map<StreamId, Line>()
  #isClosed = false

  constructor(host: Host, way: Way) {
    this.#host = host
    this.#way = way
    this.seed = host.seed
    this.ports = { ...host.ports, streams: this.#watched(host.ports.streams) }
  }

  now(): Micros {
    return this.#host.now()
  }

  attach(inputs: Inputs): void {
    this.#host.attach(this.#delayed(inputs))
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#lines.clear()
    return this.#host.close()
  }

  /** The same port, with what it must be known of each stream noted. */
  #watched(streams: StreamsPort): StreamsPort {
    return {
      listen: (ticket, listener, host, port) => streams.listen(ticket, listener, host, port),
      unlisten: (listener) => streams.unlisten(listener),
      connect: (stream, to, from) => {
        this.#open(stream, to)
        streams.connect(stream, to, from)
      },
      reserve: (stream, length) => streams.reserve(stream, length),
      send: (stream, view) => streams.send(stream, view),
      flush: (stream) => streams.flush(stream),
      pause: (stream) => {
        const line = this.#lines.get(stream)
        if (line !== undefined) line.isPaused = true
        streams.pause(stream)
      },
      resume: (stream) => {
        const line = this.#lines.get(stream)
        if (line !== undefined) {
          line.isPaused = false
          // Never from within a port call.
          setTimeout(() => this.#drain(stream, line), 0)
        }
        streams.resume(stream)
      },
      close: (stream, now) => {
        this.#lines.delete(stream)
        streams.close(stream, now)
      },
    }
  }

  #delayed(inputs: Inputs): Inputs {
    return {
      timer: (now) => inputs.timer(now),
      sent: (now, stream, bytes) => {
        if (this.#lines.has(stream)) inputs.sent(now, stream, bytes)
      },
      completed: (now, ticket, outcome) => inputs.completed(now, ticket, outcome),
      command: (now, command) => inputs.command(now, command),
      datagram: (_now, socket, from, bytes) => {
        const copy = copyBytes(bytes)
        this.#after(this.#way(from), () => inputs.datagram(this.now(), socket, from, copy))
      },
      accepted: (_now, listener, stream, from) => {
        this.#open(stream, from)
        this.#queue(stream, 1, () => inputs.accepted(this.now(), listener, stream, from))
      },
      connected: (_now, stream) => this.#queue(stream, 2, () => inputs.connected(this.now(), stream)),
      chunk: (_now, stream, views) => {
        const copies = views.map((view) => copyBytes(view))
        this.#queue(stream, 1, () => inputs.chunk(this.now(), stream, copies))
      },
      streamClosed: (_now, stream, reason) => {
        this.#queue(stream, 1, () => {
          this.#lines.delete(stream)
          inputs.streamClosed(this.now(), stream, reason)
        })
      },
    }
  }

  #open(stream: StreamId, remote: Address): void {
    this.#lines.set(stream, { remote, isPaused: false, lastAt: 0, dueAt: 0, waiting: [] })
  }

  /** Delivers after `ways` ways, and after all that came before. */
  #queue(stream: StreamId, ways: number, deliver: () => void): void {
    const line = this.#lines.get(stream)
    if (line === undefined) return
    const delay = (ways * this.#way(line.remote)) / MILLISECOND
    const at = Math.max(line.lastAt, performance.now() + delay)
    line.lastAt = at
    line.waiting.push({ at, deliver })
    this.#at(at, () => {
      line.dueAt = Math.max(line.dueAt, at)
      this.#drain(stream, line)
    })
  }

  #drain(stream: StreamId, line: Line): void {
    while (!line.isPaused && this.#lines.get(stream) === line) {
      const next = line.waiting[0]
      if (next === undefined || next.at > line.dueAt) return
      line.waiting.shift()
      next.deliver()
    }
  }

  #after(delay: Micros, action: () => void): void {
    this.#at(performance.now() + delay / MILLISECOND, action)
  }

  /** Timers count whole milliseconds: rounded up, so that what a timer is for has always come. */
  #at(at: number, action: () => void): void {
    setTimeout(
      () => {
        this.lateness.push(performance.now() - at)
        if (!this.#isClosed) action()
      },
      Math.ceil(at - performance.now()),
    )
  }
}
