import type { Micros } from '../../src/core/time.ts'
import type { StreamId } from '../../src/session/ports.ts'
import type { EventSlot } from '../engine/scheduler.ts'
import type { Carrier } from './carrier.ts'
import { SendBuffer, type SendPages } from './send-buffer.ts'
import type { Site } from './site.ts'

/** Bytes sent that a machine hears of at once while more than a block waits. */
const REPORT = 131_072
/** The same when nothing is left to send: the machine may wait for room. */
const REPORT_EMPTY = 16_384

/** What the ends of one machine have in common. */
export interface EndHome {
  readonly site: Site
  /** Those that are not gone. */
  readonly ends: Map<StreamId, StreamEnd>
  /** Calls `end.report` within half a minute. */
  reportLater(end: StreamEnd): void
  /** Calls it in an event of its own, at this time. */
  reportSoon(end: StreamEnd): void
  /** The machine hears of all that has left. */
  report(now: Micros): void
}

/**
 * One end of a stream. `opening`: dialled and unanswered, or answered and not yet accepted; `finishing`: closed by its
 * machine, what was queued still leaves; `gone`: the machine hears no more of it.
 */
export class StreamEnd {
  readonly home: EndHome
  readonly id: StreamId
  state: 'opening' | 'open' | 'finishing' | 'gone' = 'opening'
  remote: StreamEnd | undefined
  carrier: Carrier | undefined
  /** The event that repeats an unanswered dial, or gives it up. */
  redial: EventSlot | undefined

  readonly outgoing: SendBuffer
  /** Bytes that have left and of which the machine has not heard: it hears of many at a time. */
  unreported = 0
  /** Whether `EndHome.reportLater` has it. */
  reportsLater = false
  #reportsSoon = false

  paused = false
  /** What arrived while the machine had paused the stream. */
  readonly unread: Uint8Array[] = []
  /** The remote has closed, behind all that is unread. */
  ended = false

  /** Payload that has left, retransmissions not counted, and that the machine has taken in. */
  sent = 0
  received = 0

  /** Lives among the ends of `home` until it is gone. */
  constructor(home: EndHome, id: StreamId, pages: SendPages) {
    this.home = home
    this.id = id
    this.outgoing = new SendBuffer(pages)
    home.ends.set(id, this)
  }

  get site(): Site {
    return this.home.site
  }

  /** Whether the machine should hear now of what has left. */
  get reportIsDue(): boolean {
    return this.unreported >= (this.outgoing.ready < REPORT_EMPTY ? REPORT_EMPTY : REPORT)
  }

  /** Some time will do: there is little to report, and the machine does not wait for it. */
  reportLater(): void {
    if (this.reportsLater) return
    this.reportsLater = true
    this.home.reportLater(this)
  }

  /** The machine may wait for it, and must not be told from within its own call. */
  reportSoon(): void {
    if (this.#reportsSoon) return
    this.#reportsSoon = true
    this.home.reportSoon(this)
  }

  report(now: Micros): void {
    this.#reportsSoon = false
    const bytes = this.unreported
    this.unreported = 0
    if (bytes > 0 && this.state === 'open') this.site.inputs?.sent(now, this.id, bytes)
  }

  /** No input for this end follows. */
  finish(): void {
    this.state = 'finishing'
    this.#forget()
  }

  retire(): void {
    this.state = 'gone'
    this.outgoing.clear()
    this.#forget()
    this.carrier?.drop()
  }

  #forget(): void {
    this.unread.length = 0
    this.home.ends.delete(this.id)
  }
}
