import { MILLISECOND, type Micros, NEVER } from '../core/time.ts'
import { ByteRing } from './byte-ring.ts'
import { Congestion } from './congestion.ts'
import type { UtpCounters } from './counters.ts'
import { Flight } from './flight.ts'
import { HEAD_LENGTH, type PacketHead, STATE } from './packet.ts'
import { PathMtu } from './path-mtu.ts'
import { QueueingDelay } from './queueing-delay.ts'
import { RoundTrip } from './round-trip.ts'
import { seqDistance, seqPlus } from './sequence.ts'

/** Acknowledgements of the same packet that say the next one is lost (BEP 29), where a remote has no selective ones. */
const DUPLICATES = 3
/** Acknowledgements that came late: of so many packets before. */
const STALE = 256
/** While others are on their way, a packet that is not full waits so long for more. */
const CORK: Micros = MILLISECOND

/** Writes packets: the connection. */
export interface PacketWriter {
  /** A packet of `length` bytes from `place` in the stream leaves, filled up to a datagram of `datagram` bytes (0: as it is). */
  data(now: Micros, seq: number, place: number, length: number, datagram: number): void
  /** The last packet of the stream leaves. */
  fin(now: Micros, seq: number): void
}

/** The sending side: what waits, what is on its way, how much may be, and what is sent again. */
export class Sending {
  readonly trips: RoundTrip = new RoundTrip()
  readonly mtu: PathMtu
  readonly flight: Flight
  readonly ring: ByteRing = new ByteRing()
  /** Bytes that the remote takes. */
  window = 0
  /** Time-outs since anything was heard. */
  silences = 0
  readonly #queueing = new QueueingDelay()
  readonly #congestion: Congestion
  /** Place in the stream of the first byte that was never sent. */
  #unsent = 0
  #duplicates = 0
  /** A lost packet may leave in spite of the window. */
  #fast = false
  #timeoutAt: Micros = NEVER
  /** When a window that is closed is tried all the same. */
  #persistAt: Micros = NEVER
  #force = false
  #corkUntil: Micros = NEVER
  #uncorked = false
  #wantsFin = false
  #fin = -1

  readonly #counters: UtpCounters

  constructor(first: number, family: 4 | 6, counters: UtpCounters) {
    this.#counters = counters
    this.flight = new Flight(first)
    this.mtu = new PathMtu(family)
    this.#congestion = new Congestion(this.payload)
  }

  /** Bytes of payload of a full packet. */
  get payload(): number {
    return this.mtu.size - HEAD_LENGTH
  }

  get unsent(): number {
    return this.ring.end - this.#unsent
  }

  /** Bytes that may be on their way. */
  get allowed(): number {
    return this.#congestion.window
  }

  /** All was said and has arrived. */
  get finished(): boolean {
    return this.#fin >= 0 && this.flight.count === 0
  }

  get nextDeadline(): Micros {
    return Math.min(this.flight.count > 0 ? this.#timeoutAt : NEVER, this.#persistAt, this.#corkUntil)
  }

  /** Ends the stream behind what waits; `all`: or behind what has been sent. */
  end(all: boolean): void {
    if (!all) this.ring.cut(this.#unsent)
    this.#wantsFin = true
  }

  /** By how many packets `ack` goes beyond what was acknowledged; `undefined`: it is of no packet that was sent lately. */
  advance(ack: number): number | undefined {
    const ahead = seqDistance(ack, seqPlus(this.flight.oldest, -1))
    return ahead > this.flight.count || ahead < -STALE ? undefined : ahead
  }

  /** What `head` says of our packets; `ahead` as `advance` says, `bytes` the packet. */
  acknowledged(now: Micros, head: PacketHead, ahead: number, bytes: Uint8Array): void {
    const { flight, trips } = this
    this.silences = 0
    if (head.delay !== 0) this.#queueing.sample(now, head.delay, trips.mean)
    if (ahead < 0) return
    const repeats = ahead === 0 && head.type === STATE && head.maskLength === 0
    this.window = head.window
    if (flight.count === 0) return
    const isLimited = flight.bytes + this.payload >= this.#congestion.window
    flight.begin()
    if (ahead > 0) flight.acknowledge(now, head.ack, trips.least)
    if (head.maskLength > 0) {
      flight.acknowledgeSome(now, head.ack, bytes, head.maskAt, head.maskLength, trips.least)
    }
    this.#duplicates = repeats ? this.#duplicates + 1 : 0
    if (this.#duplicates === DUPLICATES) flight.giveUp(flight.oldest)
    if (flight.trip >= 0) trips.sample(flight.trip)
    flight.findLosses()
    if (ahead > 0 || flight.arrived > 0) {
      trips.answered()
      this.#timeoutAt = now + trips.timeout
    }
    if (ahead > 0) this.ring.release(flight.count > 0 ? flight.placeOf(flight.oldest) : this.#unsent)
    this.#heedProbe(now)
    if (flight.arrived > 0) {
      this.#congestion.arrived(flight.arrived, flight, this.#queueing, trips, isLimited)
    }
    // The first that is missing leaves again at once, for all that comes waits for it.
    if (flight.lostTurn >= 0) this.#fast ||= this.#congestion.lost(flight.lostTurn, flight.turns)
  }

  /** Sends what may be sent; how many bytes left for the first time. */
  pump(now: Micros, writer: PacketWriter): number {
    const { flight } = this
    const before = this.#unsent
    for (let seq = flight.nextLost(); seq >= 0; seq = flight.nextLost()) {
      const length = flight.lengthOf(seq)
      if (!(this.#fast || this.#permits(length)) || !flight.mayResend) return this.#unsent - before
      this.#fast = false
      this.#sending(now)
      flight.resend(now, seq)
      this.#counters.resent += 1
      if (seq === this.#fin) writer.fin(now, seq)
      else writer.data(now, seq, flight.placeOf(seq), length, 0)
    }
    while (this.unsent > 0 && flight.hasRoom) {
      const length = this.#nextLength(now)
      if (length === 0) break
      const isFull = length === this.payload
      const probe = isFull ? this.mtu.due(now) : 0
      if (probe > 0) this.mtu.sent(probe)
      this.#sending(now)
      const place = this.#unsent
      this.#unsent += length
      writer.data(now, flight.send(now, place, length, probe > 0), place, length, probe)
    }
    if (this.#wantsFin && this.#fin < 0 && this.unsent === 0 && flight.hasRoom) {
      this.#sending(now)
      this.#fin = flight.send(now, this.#unsent, 0, false)
      writer.fin(now, this.#fin)
    }
    return this.#unsent - before
  }

  tick(now: Micros): void {
    if (now >= this.#persistAt) {
      this.#persistAt = NEVER
      this.#force = true
    }
    if (now >= this.#corkUntil) {
      this.#corkUntil = NEVER
      this.#uncorked = true
    }
    const { flight, trips } = this
    if (flight.count === 0 || now < this.#timeoutAt) return
    flight.begin()
    flight.giveUpAll()
    flight.findLosses()
    this.#duplicates = 0
    trips.timedOut()
    this.#counters.timeouts += 1
    this.silences += 1
    this.#timeoutAt = now + trips.timeout
    this.#heedProbe(now)
    if (flight.lostTurn >= 0) this.#congestion.timedOut(flight.turns)
  }

  /** How long the next new packet may be; 0: it must wait. */
  #nextLength(now: Micros): number {
    const { flight } = this
    let length = Math.min(this.unsent, this.payload)
    if (!this.#permits(length)) return 0
    if (flight.bytes + length > this.window && !this.#force) {
      if (flight.count > 0) return 0
      if (this.window === 0) {
        if (this.#persistAt === NEVER) this.#persistAt = now + this.trips.timeout
        return 0
      }
      length = this.window
    } else if (length < this.payload && flight.bytes > 0 && !this.#wantsFin) {
      if (!this.#uncorked) {
        if (this.#corkUntil === NEVER) this.#corkUntil = now + CORK
        return 0
      }
    }
    this.#corkUntil = NEVER
    this.#uncorked = false
    this.#persistAt = NEVER
    this.#force = false
    return length
  }

  #permits(length: number): boolean {
    return this.flight.bytes === 0 || this.flight.bytes + length <= this.#congestion.window
  }

  #sending(now: Micros): void {
    if (this.flight.count === 0 || this.#timeoutAt === NEVER) this.#timeoutAt = now + this.trips.timeout
  }

  #heedProbe(now: Micros): void {
    if (this.flight.probe === 'arrived') {
      this.mtu.arrived(now)
      this.#congestion.resize(this.payload)
    } else if (this.flight.probe === 'lost') this.mtu.lost(now)
  }
}
