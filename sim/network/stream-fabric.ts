import type { ErrorCode } from '../../src/core/errors.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { Carrier } from './carrier.ts'
import { type DialOutcomes, Dials } from './dials.ts'
import { FlowCarrier } from './flow-carrier.ts'
import { FlowGround } from './flow-ground.ts'
import type { Landing } from './landing.ts'
import { Listeners } from './listeners.ts'
import type { Network } from './network.ts'
import { PacketCarrier } from './packet-carrier.ts'
import { PacketGround } from './packet-ground.ts'
import { SendPages } from './send-buffer.ts'
import { StreamCounters } from './stream-counters.ts'
import type { EndHome, StreamEnd } from './stream-end.ts'
import { HEADERS } from './tcp.ts'

/** How long a machine waits to hear of little that has left: long before any time-out of its own. */
const REPORT_EVERY: Micros = 30 * SECOND

/** How streams move their bytes: `packet` is exact and some twenty times slower. */
export type TcpModel = 'flow' | 'packet'

/** Hears what streams carry. Called within events: it must change nothing. */
export interface StreamTap {
  /** `bytes` of payload have left `end` for the first time; `end.sent` counts them already. */
  sent(now: Micros, end: StreamEnd, bytes: number): void
  /** The machine of `end` has taken in `bytes`; `end.received` counts them already. */
  received(now: Micros, end: StreamEnd, bytes: number): void
}

/** All streams of a world: who may open them, how machines read them, and how they end. Carriers move the bytes. */
export class StreamFabric implements Landing, DialOutcomes {
  readonly listeners: Listeners = new Listeners()
  readonly dials: Dials
  readonly pages: SendPages = new SendPages()
  readonly counters: StreamCounters = new StreamCounters()
  /** Observer of all streams, if any. */
  tap: StreamTap | undefined

  readonly #scheduler: Scheduler
  readonly #network: Network
  readonly #carrierFor: CarrierFor
  readonly #reset: number
  readonly #read: number
  readonly #report: number

  constructor(scheduler: Scheduler, network: Network, model: TcpModel = 'flow') {
    this.#scheduler = scheduler
    this.#network = network
    this.dials = new Dials(scheduler, network, this.listeners, this)
    this.#carrierFor = carriers(model, scheduler, network, this)
    this.#reset = scheduler.register('stream reset', (_to, _value, end) => {
      this.#fail(end as StreamEnd, 'network/reset')
    })
    this.#read = scheduler.register('stream read', (_to, _value, end) => this.#readOn(end as StreamEnd))
    this.#report = scheduler.register('stream report', (_to, _value, home) => {
      ;(home as EndHome).report(scheduler.now)
    })
  }

  /** Streams that were opened. */
  get opened(): number {
    return this.dials.opened
  }

  /** What was kept back while the stream was paused comes as inputs of their own. */
  resume(end: StreamEnd): void {
    end.paused = false
    if (end.unread.length === 0 && !end.ended) return
    const { index } = end.site
    this.#scheduler.schedule(this.#scheduler.now, index, index, this.#read, 0, end)
  }

  /** Flushes, then closes; an unanswered dial is given up. */
  close(end: StreamEnd): void {
    if (end.state === 'opening') this.abort(end)
    else {
      end.outgoing.flush()
      end.finish()
      end.carrier?.pump()
    }
  }

  abort(end: StreamEnd): void {
    this.dials.forget(end)
    end.retire()
    this.#breakOff(end)
  }

  /** `home` reports within half a minute what has left of its streams. */
  reportLater(home: EndHome): void {
    const { index } = home.site
    this.#scheduler.schedule(this.#scheduler.now + REPORT_EVERY, index, index, this.#report, 0, home)
  }

  reportSoon(end: StreamEnd): void {
    const { index } = end.site
    this.#scheduler.schedule(this.#scheduler.now, index, index, this.#report, 0, end)
  }

  // What becomes of dials.

  joined(end: StreamEnd, accepted: StreamEnd, at: Micros): void {
    end.carrier = this.#carrierFor(end, at)
    accepted.carrier = this.#carrierFor(accepted, this.#scheduler.now)
  }

  admitted(end: StreamEnd): void {
    if (end.unread.length > 0 || end.ended) this.#readOn(end)
  }

  turnedAway(end: StreamEnd): void {
    this.abort(end)
  }

  failed(end: StreamEnd, reason: ErrorCode): void {
    this.#fail(end, reason)
  }

  // What carriers tell.

  landed(end: StreamEnd, views: readonly Uint8Array[]): void {
    if (end.state === 'finishing') end.carrier!.took(lengthOf(views))
    else if (end.state === 'open' && !end.paused && end.unread.length === 0) this.#hand(end, views)
    else if (end.state !== 'gone') end.unread.push(...views)
  }

  ended(end: StreamEnd): void {
    end.ended = true
    this.#readOn(end)
  }

  finished(end: StreamEnd): void {
    if (end.state === 'finishing') end.retire()
  }

  unwanted(end: StreamEnd): void {
    this.#breakOff(end)
  }

  gaveUp(end: StreamEnd): void {
    this.#fail(end, 'network/timeout')
  }

  left(end: StreamEnd, bytes: number): void {
    end.sent += bytes
    end.unreported += bytes
    this.counters.countSent(end, bytes)
    this.tap?.sent(this.#scheduler.now, end, bytes)
  }

  #readOn(end: StreamEnd): void {
    if (end.state !== 'open' || end.paused) return
    if (end.unread.length > 0) this.#hand(end, end.unread.splice(0))
    // The machine may have closed or paused it meanwhile.
    if (end.ended && this.#isRead(end)) this.#fail(end, 'network/ended')
  }

  #isRead(end: StreamEnd): boolean {
    return end.state === 'open' && !end.paused && end.unread.length === 0
  }

  /** Hands over what has arrived together, as one input. */
  #hand(end: StreamEnd, views: readonly Uint8Array[]): void {
    const { now } = this.#scheduler
    const bytes = lengthOf(views)
    end.site.inputs?.chunk(now, end.id, views)
    end.received += bytes
    this.counters.countReceived(end, bytes)
    this.tap?.received(now, end, bytes)
    end.carrier!.took(bytes)
  }

  /** The remote hears of it, after all that was sent before. */
  #breakOff(from: StreamEnd): void {
    const to = from.remote
    if (to === undefined || to.state === 'gone' || !this.#network.reaches(from.site, to.site)) return
    const at = this.#scheduler.now + this.#network.travel(from.site, to.site)
    const behind = Math.max(at, from.carrier?.lastArrival ?? 0)
    this.#scheduler.schedule(behind, to.site.index, from.site.index, this.#reset, HEADERS, to)
  }

  /** The end is gone; its machine is told unless it had closed it, or had never heard of it. */
  #fail(end: StreamEnd, reason: ErrorCode): void {
    const { state } = end
    if (state === 'gone') return
    const dialled = end.remote === undefined
    this.dials.forget(end)
    end.retire()
    if (state === 'open' || dialled) end.site.inputs?.streamClosed(this.#scheduler.now, end.id, reason)
  }
}

function lengthOf(views: readonly Uint8Array[]): number {
  let bytes = 0
  for (const view of views) bytes += view.length
  return bytes
}

/** Nothing arrives before `notBefore`: when the remote's machine hears of the stream. */
type CarrierFor = (end: StreamEnd, notBefore: Micros) => Carrier

function carriers(model: TcpModel, scheduler: Scheduler, network: Network, landing: Landing): CarrierFor {
  if (model === 'packet') {
    const packets = new PacketGround(scheduler, network, landing)
    return (end, notBefore) => new PacketCarrier(packets, end, notBefore)
  }
  const flows = new FlowGround(scheduler, network, landing)
  return (end, notBefore) => new FlowCarrier(flows, end, notBefore)
}
