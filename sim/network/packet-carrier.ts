import { MILLISECOND, type Micros, NEVER } from '../../src/core/time.ts'
import type { EventSlot } from '../engine/scheduler.ts'
import type { Carrier } from './carrier.ts'
import { PacketFlight } from './packet-flight.ts'
import type { Acknowledgement, PacketGround, PacketStream, Segment } from './packet-ground.ts'
import { PacketInbox } from './packet-inbox.ts'
import { RenoWindow } from './reno-window.ts'
import { RoundTrip } from './round-trip.ts'
import type { StreamEnd } from './stream-end.ts'
import { RECEIVE_WINDOW, SEGMENT, SILENCE_LIMIT } from './tcp.ts'

/** How long an acknowledgement may wait for a second segment (Linux: 40 ms). */
const ACK_DELAY: Micros = 40 * MILLISECOND

/**
 * One end of a stream as packets: segments of 1,448 bytes under Reno's window with selective acknowledgements (RFC 5681,
 * 6675), every second segment acknowledged, gaps at once, and a clock for what nothing shows as lost (RFC 6298). Losses come
 * from the network's share and from queues that overflow. For small swarms, and as the measure of the flow model.
 */
export class PacketCarrier implements Carrier, PacketStream {
  readonly end: StreamEnd
  readonly lastArrival: Micros

  readonly #ground: PacketGround
  readonly #window = new RenoWindow()
  readonly #flight = new PacketFlight()
  readonly #roundTrip: RoundTrip
  #order: Micros = 0
  /** The next sequence number, all before which was acknowledged, and before which the remote takes. */
  #next = 0
  #acknowledged = 0
  #edge = RECEIVE_WINDOW
  #finished = false
  /** Losses before this belong to the window's last cut. */
  #recovers = 0
  /** When the clock strikes, the event that looks, and since when the remote owes an answer. */
  #strikesAt: Micros = NEVER
  #timer: EventSlot | undefined
  #timerAt: Micros = NEVER
  #answeredAt: Micros

  readonly #inbox = new PacketInbox()
  #unread = 0
  /** The edge that the remote was told last. */
  #told = RECEIVE_WINDOW
  /** Segments since the last acknowledgement, and the event that sends it at the latest. */
  #unanswered = 0
  #delayed: EventSlot | undefined

  constructor(ground: PacketGround, end: StreamEnd, notBefore: Micros) {
    this.#ground = ground
    this.end = end
    this.lastArrival = notBefore
    this.#answeredAt = ground.scheduler.now
    this.#roundTrip = new RoundTrip(2 * ground.network.delay(end.site, end.remote!.site))
  }

  pump(): void {
    const { end } = this
    if (end.state === 'opening' || end.state === 'gone') return
    const { now } = this.#ground.scheduler
    while (this.#flight.underWay < this.#window.size) {
      const segment = this.#flight.repeat(now) ?? this.#fresh(now)
      if (segment === undefined) break
      this.#send(segment, false)
    }
    const waits = !this.#flight.isEmpty || end.outgoing.ready > 0
    if (!waits) this.#strikesAt = NEVER
    else if (this.#strikesAt === NEVER) this.#wind(now)
    if (end.reportIsDue) end.reportSoon()
    else if (end.unreported > 0) end.reportLater()
  }

  took(bytes: number): void {
    this.#unread -= bytes
    const edge = this.#inbox.next + RECEIVE_WINDOW - this.#unread
    if (edge - this.#told >= RECEIVE_WINDOW / 2) this.acknowledgeNow()
  }

  drop(): void {
    const { scheduler } = this.#ground
    if (this.#timer !== undefined) scheduler.cancel(this.#timer)
    if (this.#delayed !== undefined) scheduler.cancel(this.#delayed)
    this.#timer = undefined
    this.#delayed = undefined
  }

  // What comes from the remote.

  receive(segment: Segment): void {
    const { landing } = this.#ground
    const hadGap = this.#inbox.hasGap
    const ready = this.#inbox.add(segment)
    for (const { last, length } of ready) if (!last) this.#unread += length
    this.#unanswered += 1
    const urgent = hadGap || ready.length === 0 || segment.last || this.#unanswered >= 2
    if (urgent) this.acknowledgeNow()
    else {
      const at = this.#ground.scheduler.now + ACK_DELAY
      this.#delayed ??= this.#ground.delayed(at, this)
    }
    for (const { last, views } of ready) {
      if (last) landing.ended(this.end)
      else landing.landed(this.end, views)
    }
  }

  acknowledged({ next, ranges, edge }: Acknowledgement): boolean {
    const { scheduler, landing } = this.#ground
    const { now } = scheduler
    this.#answeredAt = now
    if (edge > this.#edge) this.#edge = edge
    const { underWay } = this.#flight
    if (next > this.#acknowledged) {
      const bytes = next - this.#acknowledged
      this.#acknowledged = next
      const sentAt = this.#flight.acknowledged(next)
      if (sentAt !== undefined) this.#roundTrip.measured(now - sentAt)
      this.#roundTrip.answered()
      this.#strikesAt = NEVER
      // Two segments an acknowledgement at most (RFC 3465).
      if (next >= this.#recovers) {
        const limited = underWay + SEGMENT > this.#window.size
        this.#window.acknowledged(Math.min(bytes, 2 * SEGMENT), underWay, limited)
      }
    }
    if (this.#flight.arrived(ranges) && this.#acknowledged >= this.#recovers) {
      this.#window.lost()
      this.#recovers = this.#next
    }
    if (this.#finished && this.#flight.isEmpty) landing.finished(this.end)
    else if (this.end.reportIsDue) this.end.report(now)
    this.pump()
    return this.end.state !== 'gone'
  }

  acknowledgeNow(): void {
    this.#send(undefined, false)
  }

  acknowledgeLate(): void {
    this.#delayed = undefined
    this.acknowledgeNow()
  }

  inOrder(at: Micros): Micros {
    this.#order = Math.max(this.#order, at)
    return this.#order
  }

  timer(): void {
    this.#timer = undefined
    const { now } = this.#ground.scheduler
    if (this.#strikesAt > now) {
      if (this.#strikesAt === NEVER) return
      this.#timer = this.#ground.timer(this.#strikesAt, this)
      this.#timerAt = this.#strikesAt
      return
    }
    this.#strikesAt = NEVER
    if (now - this.#answeredAt >= SILENCE_LIMIT) {
      this.#ground.landing.gaveUp(this.end)
      return
    }
    this.#roundTrip.ranOut()
    if (this.#flight.isEmpty) this.#send(undefined, true)
    else {
      this.#flight.loseAll()
      this.#window.timedOut()
      this.#recovers = 0
    }
    this.pump()
  }

  #wind(now: Micros): void {
    this.#strikesAt = now + this.#roundTrip.patience
    if (this.#timer === undefined) this.#timer = this.#ground.timer(this.#strikesAt, this)
    else if (this.#strikesAt < this.#timerAt) this.#ground.scheduler.move(this.#timer, this.#strikesAt)
    else return
    this.#timerAt = this.#strikesAt
  }

  /** What was never sent, as far as there is any that the remote takes. */
  #fresh(now: Micros): Segment | undefined {
    const { end } = this
    const { outgoing } = end
    const views: Uint8Array[] = []
    const room = Math.min(SEGMENT, this.#edge - this.#next)
    const bytes = room > 0 ? outgoing.take(room, 0, views) : 0
    const last = outgoing.ready === 0 && bytes === 0 && end.state === 'finishing' && !this.#finished
    if (bytes === 0 && !last) return undefined
    if (last) this.#finished = true
    else this.#ground.landing.left(end, bytes)
    const segment = { sequence: this.#next, length: last ? 1 : bytes, views, last }
    if (this.#flight.isEmpty) this.#answeredAt = now
    this.#next += segment.length
    this.#flight.sent(now, segment)
    return segment
  }

  /** Everything that is sent also says what has come. */
  #send(segment: Segment | undefined, probe: boolean): void {
    if (this.#delayed !== undefined) this.#ground.scheduler.cancel(this.#delayed)
    this.#delayed = undefined
    this.#unanswered = 0
    const { next, ranges } = this.#inbox
    const edge = next + RECEIVE_WINDOW - this.#unread
    this.#told = edge
    const to = this.end.remote!.carrier as PacketCarrier
    this.#ground.send({ from: this, to, segment, acknowledgement: { next, ranges, edge }, probe })
  }
}
