import type { Address } from '../../src/core/address.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Handle, StreamId, StreamsPort, Ticket } from '../../src/session/ports.ts'
import type { SimStreams } from '../network/streams.ts'

/**
 * A streams port that lets payload go drop by drop: once a machine has sent a view on a stream, all that follows leaves at so many
 * bytes a second. What was only reserved before, handshakes and short messages, passes at once, so that the remote is kept
 * waiting for a block whose head it has read.
 */
export class Trickle implements StreamsPort {
  readonly #inner: SimStreams
  readonly #bytesPerSecond: number
  readonly #after: (delay: Micros, action: () => void) => void
  /** Of streams on which payload was sent: what waits, first to last. */
  readonly #waiting = new Map<StreamId, Uint8Array[]>()
  #dripping = false

  /** `after` does something later, unless the host's machine has ended then. */
  constructor(inner: SimStreams, bytesPerSecond: number, after: (delay: Micros, action: () => void) => void) {
    this.#inner = inner
    this.#bytesPerSecond = bytesPerSecond
    this.#after = after
  }

  listen(ticket: Ticket, listener: Handle, host: string, port: number): void {
    this.#inner.listen(ticket, listener, host, port)
  }

  connect(stream: StreamId, to: Address, from: string | undefined): void {
    this.#inner.connect(stream, to, from)
  }

  reserve(stream: StreamId, length: number): Uint8Array {
    const waiting = this.#waiting.get(stream)
    if (waiting === undefined) return this.#inner.reserve(stream, length)
    const room = new Uint8Array(length)
    waiting.push(room)
    return room
  }

  send(stream: StreamId, view: Uint8Array): void {
    const waiting = this.#waiting.get(stream)
    if (waiting === undefined) this.#waiting.set(stream, [view])
    else waiting.push(view)
    if (this.#dripping) return
    this.#dripping = true
    this.#after(SECOND, () => this.#drip())
  }

  flush(stream: StreamId): void {
    this.#inner.flush(stream)
  }

  pause(stream: StreamId): void {
    this.#inner.pause(stream)
  }

  resume(stream: StreamId): void {
    this.#inner.resume(stream)
  }

  close(stream: StreamId, now: boolean): void {
    this.#waiting.delete(stream)
    this.#inner.close(stream, now)
  }

  unlisten(listener: Handle): void {
    this.#inner.unlisten(listener)
  }

  #drip(): void {
    for (const [stream, waiting] of this.#waiting) {
      if (!this.#inner.ends.has(stream)) {
        this.#waiting.delete(stream)
        continue
      }
      for (let left = this.#bytesPerSecond; left > 0 && waiting.length > 0; ) {
        const first = waiting[0]!
        const part = first.subarray(0, left)
        this.#inner.reserve(stream, part.length).set(part)
        left -= part.length
        if (part.length === first.length) waiting.shift()
        else waiting[0] = first.subarray(part.length)
      }
      this.#inner.flush(stream)
    }
    this.#dripping = this.#waiting.size > 0
    if (this.#dripping) this.#after(SECOND, () => this.#drip())
  }
}
