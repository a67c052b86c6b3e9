import type { Address } from '../core/address.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import type { SessionEvent } from './events.ts'
import type { StreamId, StreamsPort } from './ports.ts'
import { ProxyTrouble } from './proxy-trouble.ts'
import type { Stream, StreamReader } from './stream.ts'

/** The streams port as single streams: who reads which. */
export class TcpStreams {
  readonly proxyTrouble: ProxyTrouble
  readonly #port: StreamsPort
  readonly #streams = new Map<StreamId, PortStream>()
  #lastDialled: StreamId = 0

  constructor(port: StreamsPort, emit: (event: SessionEvent) => void) {
    this.#port = port
    this.proxyTrouble = new ProxyTrouble(emit)
  }

  /** `from`: a literal local address to dial from, if any. */
  dial(to: Address, from: string | undefined): Stream {
    this.#lastDialled += 2
    const stream = this.accepted(this.#lastDialled)
    this.#port.connect(this.#lastDialled, to, from)
    return stream
  }

  accepted(id: StreamId): Stream {
    const stream = new PortStream(this.#port, id, this.#streams)
    this.#streams.set(id, stream)
    return stream
  }

  connected(now: Micros, id: StreamId): void {
    this.#streams.get(id)?.reader?.opened(now)
  }

  chunk(now: Micros, id: StreamId, views: readonly Uint8Array[]): void {
    this.#streams.get(id)?.reader?.received(now, views)
  }

  sent(now: Micros, id: StreamId, bytes: number): void {
    this.#streams.get(id)?.reader?.sent(now, bytes)
  }

  closed(now: Micros, id: StreamId, reason: ErrorCode): void {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    stream?.reader?.ended(now, reason)
    this.proxyTrouble.ended(now, reason)
  }
}

class PortStream implements Stream {
  reader: StreamReader | undefined
  readonly overUtp = false
  readonly #port: StreamsPort
  readonly #id: StreamId
  readonly #open: Map<StreamId, PortStream>

  constructor(port: StreamsPort, id: StreamId, open: Map<StreamId, PortStream>) {
    this.#port = port
    this.#id = id
    this.#open = open
  }

  reserve(length: number): Uint8Array {
    return this.#port.reserve(this.#id, length)
  }

  send(view: Uint8Array): void {
    this.#port.send(this.#id, view)
  }

  flush(): void {
    this.#port.flush(this.#id)
  }

  pause(): void {
    this.#port.pause(this.#id)
  }

  resume(): void {
    this.#port.resume(this.#id)
  }

  close(now: boolean): void {
    if (this.#open.delete(this.#id)) this.#port.close(this.#id, now)
  }
}
