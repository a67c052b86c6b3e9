import type { Micros } from '../../src/core/time.ts'
import type { EventSlot, Scheduler } from '../engine/scheduler.ts'
import type { Landing } from './landing.ts'
import type { Network } from './network.ts'
import type { Site } from './site.ts'
import type { StreamEnd } from './stream-end.ts'
import { HEADERS } from './tcp.ts'

/** A stretch of a stream as it was first sent; repetitions are the same. */
export interface Segment {
  readonly sequence: number
  /** Its share of the sequence: the bytes, or 1 for the mark that nothing follows. */
  readonly length: number
  readonly views: readonly Uint8Array[]
  readonly last: boolean
}

/** What a receiver says: all before `next` has come, of the rest these ranges, and it takes what lies before `edge`. */
export interface Acknowledgement {
  readonly next: number
  readonly ranges: readonly Range[]
  readonly edge: number
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** One end of a stream, as packets and its own events see it. */
export interface PacketStream {
  readonly end: StreamEnd
  /** When a packet comes that would come at `at`: paths keep the order of a stream. */
  inOrder(at: Micros): Micros
  /** What every packet says; false when the stream has ended with it. */
  acknowledged(acknowledgement: Acknowledgement): boolean
  receive(segment: Segment): void
  /** Says what has come, without waiting for more. */
  acknowledgeNow(): void
  /** No second segment has come in time. */
  acknowledgeLate(): void
  /** The clock was wound for this time, or for an earlier one. */
  timer(): void
}

interface Packet {
  readonly from: PacketStream
  readonly to: PacketStream
  readonly segment: Segment | undefined
  readonly acknowledgement: Acknowledgement
  /** Asks for an acknowledgement. */
  readonly probe: boolean
}

/** What the packet streams of a world share: packets on their way, with loss and queues that overflow, and their kinds of events. */
export class PacketGround {
  readonly scheduler: Scheduler
  readonly network: Network
  readonly landing: Landing
  readonly #arriving: number
  readonly #arrived: number
  readonly #timer: number
  readonly #delayed: number

  constructor(scheduler: Scheduler, network: Network, landing: Landing) {
    this.scheduler = scheduler
    this.network = network
    this.landing = landing
    this.#arriving = scheduler.register('packet arrives', (_to, _value, packet) =>
      this.#arrive(packet as Packet),
    )
    this.#arrived = scheduler.register('packet is taken in', (_to, _value, packet) => {
      this.#deliver(packet as Packet)
    })
    this.#timer = scheduler.register('packet timer', (_to, _value, stream) =>
      (stream as PacketStream).timer(),
    )
    this.#delayed = scheduler.register('packet delayed acknowledgement', (_to, _value, stream) => {
      ;(stream as PacketStream).acknowledgeLate()
    })
  }

  send(packet: Packet): void {
    const { scheduler, network } = this
    const from = packet.from.end.site
    const to = packet.to.end.site
    if (!from.up.admits(scheduler.now, network.options.longestQueue)) return
    const at = from.up.send(scheduler.now, sizeOf(packet))
    if (!network.reaches(from, to) || network.loses(from, to)) return
    const arrival = packet.from.inOrder(at + network.travel(from, to, sizeOf(packet)))
    this.#schedule(arrival, to, from, this.#arriving, sizeOf(packet), packet)
  }

  timer(at: Micros, stream: PacketStream): EventSlot {
    return this.#schedule(at, stream.end.site, stream.end.site, this.#timer, 0, stream)
  }

  delayed(at: Micros, stream: PacketStream): EventSlot {
    return this.#schedule(at, stream.end.site, stream.end.site, this.#delayed, 0, stream)
  }

  #arrive(packet: Packet): void {
    const { now } = this.scheduler
    const { site } = packet.to.end
    if (!site.down.admits(now, this.network.options.longestQueue)) return
    const at = site.down.receive(now, sizeOf(packet))
    if (at === now) this.#deliver(packet)
    else this.#schedule(at, site, site, this.#arrived, sizeOf(packet), packet)
  }

  #deliver({ from, to, segment, acknowledgement, probe }: Packet): void {
    if (to.end.state === 'gone') {
      if (segment?.last) this.landing.finished(from.end)
      else if (segment !== undefined) this.landing.unwanted(to.end)
      return
    }
    if (!to.acknowledged(acknowledgement)) return
    if (segment !== undefined) to.receive(segment)
    else if (probe) to.acknowledgeNow()
  }

  #schedule(at: Micros, to: Site, from: Site, kind: number, value: number, subject: object): EventSlot {
    return this.scheduler.schedule(at, to.index, from.index, kind, value, subject)
  }
}

/** Bytes on the line. */
function sizeOf({ segment }: Packet): number {
  return HEADERS + (segment === undefined || segment.last ? 0 : segment.length)
}
