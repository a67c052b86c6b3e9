import type { Micros } from '../../src/core/time.ts'
import type { StreamId } from '../../src/session/ports.ts'
import type { EventSlot } from '../engine/scheduler.ts'
import type { Site } from './network.ts'
import { SendBuffer } from './send-buffer.ts'

/** Ten segments: what a stream may have in flight before anything was acknowledged (RFC 6928). */
const FIRST_WINDOW = 14_600
/** Bytes under way or unread that stop a sender. */
const WINDOW = 1_048_576

/** Views that travel together: one event for a block and its head. */
export interface Train {
  readonly from: StreamEnd
  readonly to: StreamEnd
  readonly views: readonly Uint8Array[]
  readonly bytes: number
  /** Nothing follows: the sender closed. */
  readonly last: boolean
}

/**
 * One end of a stream. `opening`: dialled and unanswered, or answered and not yet accepted; `finishing`: closed by its
 * machine, what was queued still leaves; `gone`: the machine hears no more of it.
 */
export class StreamEnd {
  readonly site: Site
  readonly id: StreamId
  state: 'opening' | 'open' | 'finishing' | 'gone' = 'opening'
  remote: StreamEnd | undefined
  /** The event that gives a dial up. */
  giveUp: EventSlot | undefined

  readonly outgoing: SendBuffer = new SendBuffer()
  /** Whether a train is in the queue of the site's line: at most one, so that streams share it. */
  leaving = false
  /** Whether a full window holds back what is ready. */
  starved = false
  /** Nothing that is sent later arrives before this. */
  lastArrival: Micros = 0
  /** Something was lost in a silence, so nothing that follows may arrive. */
  severed = false
  #sent = 0
  #taken = 0

  paused = false
  /** Trains queued in the site's incoming line. */
  inLine = 0
  /** What arrived while the machine had paused the stream. */
  readonly unread: Train[] = []

  readonly #ends: Map<StreamId, StreamEnd>

  /** Lives in `ends`, its machine's, until it is gone. */
  constructor(site: Site, id: StreamId, ends: Map<StreamId, StreamEnd>) {
    this.site = site
    this.id = id
    this.#ends = ends
    ends.set(id, this)
  }

  /** Whether more may be put under way: slow start up to the full window. */
  get mayLeave(): boolean {
    return this.#sent - this.#taken < Math.min(WINDOW, FIRST_WINDOW + this.#taken)
  }

  /** The next train, to be sent as a whole; `undefined` when nothing is ready. */
  depart(quantum: number): Train | undefined {
    const views = this.outgoing.take(quantum)
    let bytes = 0
    for (const view of views) bytes += view.length
    if (bytes === 0) return undefined
    this.#sent += bytes
    return { from: this, to: this.remote!, views, bytes, last: false }
  }

  /** The remote has taken in `bytes`. */
  acknowledge(bytes: number): void {
    this.#taken += bytes
  }

  /** No input for this end follows. */
  finish(): void {
    this.state = 'finishing'
    this.unread.length = 0
    this.#ends.delete(this.id)
  }

  retire(): void {
    this.state = 'gone'
    this.unread.length = 0
    this.#ends.delete(this.id)
  }
}
