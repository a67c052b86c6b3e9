import type { Address } from '../../src/core/address.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Handle, StreamId, StreamsPort, Ticket } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'
import type { Listener } from './listeners.ts'
import type { Site } from './site.ts'
import { type EndHome, StreamEnd } from './stream-end.ts'
import type { StreamFabric } from './stream-fabric.ts'

/** The streams port of one machine. */
export class SimStreams implements StreamsPort, EndHome {
  readonly site: Site
  readonly ends: Map<StreamId, StreamEnd> = new Map()
  readonly #fabric: StreamFabric
  readonly #answers: Answers
  readonly #listeners = new Map<Handle, Listener>()
  #nextAccepted: StreamId = 1
  /** Ends that have few bytes to report, all at one time. */
  #reporters: StreamEnd[] = []

  constructor(fabric: StreamFabric, site: Site, answers: Answers) {
    this.#fabric = fabric
    this.site = site
    this.#answers = answers
  }

  listen(ticket: Ticket, handle: Handle, host: string, port: number): void {
    const listener = this.#fabric.listeners.listen(this.site, handle, host, port, () => this.#admit())
    if (typeof listener === 'string') {
      const message = `The TCP port ${port} of ${host} cannot be had.`
      this.#answers.fail(ticket, listener, message)
      return
    }
    this.#listeners.set(handle, listener)
    this.#answers.succeed(ticket, listener.address)
  }

  connect(stream: StreamId, to: Address, _from: string | undefined): void {
    this.#fabric.dials.dial(new StreamEnd(this, stream, this.#fabric.pages), to)
  }

  reserve(stream: StreamId, length: number): Uint8Array {
    // A machine may still fill room for a stream that has just gone.
    return this.ends.get(stream)?.outgoing.reserve(length) ?? new Uint8Array(length)
  }

  send(stream: StreamId, view: Uint8Array): void {
    this.ends.get(stream)?.outgoing.send(view)
  }

  flush(stream: StreamId): void {
    const end = this.ends.get(stream)
    if (end === undefined) return
    end.outgoing.flush()
    end.carrier?.pump()
  }

  pause(stream: StreamId): void {
    const end = this.ends.get(stream)
    if (end !== undefined) end.paused = true
  }

  resume(stream: StreamId): void {
    const end = this.ends.get(stream)
    if (end !== undefined) this.#fabric.resume(end)
  }

  close(stream: StreamId, now: boolean): void {
    const end = this.ends.get(stream)
    if (end === undefined) return
    if (now) this.#fabric.abort(end)
    else this.#fabric.close(end)
  }

  unlisten(handle: Handle): void {
    const listener = this.#listeners.get(handle)
    if (listener === undefined) return
    this.#listeners.delete(handle)
    this.#fabric.listeners.unlisten(listener)
  }

  /** What a kernel does for a process that has ended. */
  closeAll(): void {
    for (const handle of [...this.#listeners.keys()]) this.unlisten(handle)
    for (const end of [...this.ends.values()]) this.#fabric.abort(end)
  }

  reportLater(end: StreamEnd): void {
    if (this.#reporters.push(end) === 1) this.#fabric.reportLater(this)
  }

  reportSoon(end: StreamEnd): void {
    this.#fabric.reportSoon(end)
  }

  /** The machine hears what has left of the streams that had little to report. */
  report(now: Micros): void {
    const reporters = this.#reporters
    this.#reporters = []
    for (const end of reporters) {
      end.reportsLater = false
      end.report(now)
    }
  }

  #admit(): StreamEnd {
    const end = new StreamEnd(this, this.#nextAccepted, this.#fabric.pages)
    this.#nextAccepted += 2
    return end
  }
}
