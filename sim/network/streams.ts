import type { Address } from '../../src/core/address.ts'
import type { Handle, StreamId, StreamsPort, Ticket } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'
import type { Site } from './network.ts'
import { StreamEnd } from './stream-end.ts'
import type { Listener, StreamFabric } from './stream-fabric.ts'

/** The streams port of one machine. */
export class SimStreams implements StreamsPort {
  readonly #fabric: StreamFabric
  readonly #site: Site
  readonly #answers: Answers
  readonly #listeners = new Map<Handle, Listener>()
  readonly #ends = new Map<StreamId, StreamEnd>()
  #nextAccepted: StreamId = 1

  constructor(fabric: StreamFabric, site: Site, answers: Answers) {
    this.#fabric = fabric
    this.#site = site
    this.#answers = answers
  }

  listen(ticket: Ticket, handle: Handle, host: string, port: number): void {
    const listener = this.#fabric.listen(this.#site, handle, host, port, () => this.#admit())
    if (typeof listener === 'string') {
      const message = `The TCP port ${port} of ${host} cannot be had.`
      this.#answers.fail(ticket, listener, message)
      return
    }
    this.#listeners.set(handle, listener)
    this.#answers.succeed(ticket, listener.address)
  }

  connect(stream: StreamId, to: Address, _from: string | undefined): void {
    this.#fabric.dial(new StreamEnd(this.#site, stream, this.#ends), to)
  }

  reserve(stream: StreamId, length: number): Uint8Array {
    // A machine may still fill room for a stream that has just gone.
    return this.#ends.get(stream)?.outgoing.reserve(length) ?? new Uint8Array(length)
  }

  send(stream: StreamId, view: Uint8Array): void {
    this.#ends.get(stream)?.outgoing.send(view)
  }

  flush(stream: StreamId): void {
    const end = this.#ends.get(stream)
    if (end === undefined) return
    end.outgoing.flush()
    this.#fabric.pump(end)
  }

  pause(stream: StreamId): void {
    const end = this.#ends.get(stream)
    if (end !== undefined) end.paused = true
  }

  resume(stream: StreamId): void {
    const end = this.#ends.get(stream)
    if (end !== undefined) this.#fabric.resume(end)
  }

  close(stream: StreamId, now: boolean): void {
    const end = this.#ends.get(stream)
    if (end === undefined) return
    if (now) this.#fabric.abort(end)
    else this.#fabric.close(end)
  }

  unlisten(handle: Handle): void {
    const listener = this.#listeners.get(handle)
    if (listener === undefined) return
    this.#listeners.delete(handle)
    this.#fabric.unlisten(listener)
  }

  /** What a kernel does for a process that has ended. */
  closeAll(): void {
    for (const handle of [...this.#listeners.keys()]) this.unlisten(handle)
    for (const end of [...this.#ends.values()]) this.#fabric.abort(end)
  }

  #admit(): StreamEnd {
    const end = new StreamEnd(this.#site, this.#nextAccepted, this.#ends)
    this.#nextAccepted += 2
    return end
  }
}
