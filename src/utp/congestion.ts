import { MILLISECOND, type Micros } from '../core/time.ts'
import type { Flight } from './flight.ts'
import { QueueFall } from './queue-fall.ts'
import type { QueueingDelay } from './queueing-delay.ts'
import type { RoundTrip } from './round-trip.ts'

/** What queues on the way may hold because of us; RFC 6817 allows 100 ms, and several flows together overshoot a little. */
const TARGET: Micros = 75 * MILLISECOND
/** Slow start ends at this share of it: it is twice as far by the time that we hear of it. */
const LEAVE_SLOW_START = 0.25
/** What the window is cut to is this share of what the empty way holds, as far as that is known: less leaves a newcomer's error alive for minutes. */
const DRAIN = 0.75
/** At the target a window of so many packets grows half as fast as TCP's: many small ones would overshoot by as many packets as they are. */
const EASE_PACKETS = 8
const FIRST_PACKETS = 4
/** Per connection on its way at most. */
const MOST_BYTES: number = 1024 * 1024

/**
 * How many bytes may be on their way: LEDBAT (RFC 6817), which gives way to everything else as soon as queues grow.
 *
 * Below the target the window grows as TCP's does. Above it, it is cut to what the way holds without a queue, once a round trip. RFC 6817
 * rather comes to rest at the target, and then who came late takes the queue of those before for the length of the way, and takes their
 * share for good. Here all flows see the target passed at once, or that the others have cut, which is followed; so the queue runs empty
 * each time, and all see how long the way is.
 */
export class Congestion {
  window: number
  #packet: number
  /** Below it the window doubles each round trip. */
  #threshold: number = Number.POSITIVE_INFINITY
  /** Losses of transmissions before this one are of a time that was answered already. */
  #answeredTurn = 0
  /** The first transmission after the last cut that was made for a queue; before it has arrived, the cut does not show. */
  #cutTurn = -1
  readonly #fall = new QueueFall()

  /** `packet`: bytes of payload of a packet. */
  constructor(packet: number) {
    this.#packet = packet
    this.window = FIRST_PACKETS * packet
  }

  /** Packets are of another size from now on. */
  resize(packet: number): void {
    this.#packet = packet
    this.window = Math.max(this.window, packet)
  }

  /** `bytes` have arrived; `delay`: how long packets wait on the way; `limited`: the window was what held us back. */
  arrived(bytes: number, flight: Flight, delay: QueueingDelay, trips: RoundTrip, limited: boolean): void {
    if (this.#cutTurn >= 0) {
      if (flight.newestArrived < this.#cutTurn) return
      this.#cutTurn = -1
      delay.forgetEarlier()
    }
    // Packets cannot wait longer than they are on their way.
    const queued = Math.min(delay.current ?? 0, trips.mean)
    const fell = this.#fall.look(queued, flight, limited)
    if (queued >= TARGET || fell) {
      const most = Math.max(queued, this.#fall.peak)
      this.#cutTurn = flight.turns
      this.#cut((DRAIN * this.window * trips.least) / (trips.least + most))
    } else if (!limited) return
    else if (this.window >= this.#threshold) {
      const ease = (EASE_PACKETS * this.#packet * queued) / TARGET
      this.#widen((bytes * this.#packet) / (this.window + ease))
    } else if (queued < LEAVE_SLOW_START * TARGET) this.#widen(bytes)
    else this.#threshold = this.window
  }

  /**
   * Transmission `turn` was lost, of which `turns` have been made. The window is halved once for all that were on their way: whether
   * it was.
   */
  lost(turn: number, turns: number): boolean {
    if (turn < this.#answeredTurn) return false
    this.#answeredTurn = turns
    this.#cut(this.window / 2)
    return true
  }

  /** Nothing came back for a time. */
  timedOut(turns: number): void {
    this.#answeredTurn = turns
    this.#cut(this.window / 2)
    this.window = this.#packet
  }

  #widen(bytes: number): void {
    this.window = Math.min(MOST_BYTES, this.window + bytes)
  }

  #cut(window: number): void {
    this.window = Math.max(this.#packet, window)
    this.#threshold = this.window
    this.#fall.restart()
  }
}
