import type { Micros } from '../core/time.ts'
import { seqDistance, seqPlus } from './sequence.ts'

/** Packets that may be unacknowledged: what other programs keep of those that come out of order. */
const MOST_PACKETS = 1024
const SMALLEST = 16
/** A packet is lost when one that was sent so many later has come (BEP 29: three). */
const OVERTAKEN = 3
/** Transmissions that are remembered: packets, and those of them that were sent again. */
const MOST_TURNS: number = 4 * MOST_PACKETS

/** What is known of a packet. */
const WAITS = 1
const ARRIVED = 2
const LOST = 4
/** It was sent more than once: which of them an acknowledgement is for is not known. */
const AGAIN = 8
const PROBE = 16

/**
 * Packets that were sent, until all up to them are acknowledged, in rings by sequence number: what each carries, when it was last sent,
 * and as how manieth transmission. Losses are found by the order of transmissions (as RFC 9002 does), each looked at once.
 */
export class Flight {
  /** The first that is not acknowledged, and the next to be sent. */
  oldest: number
  next: number
  /** Bytes of payload that are on their way, neither arrived nor given up. */
  bytes = 0
  /** Packets that wait to be sent again. */
  lost = 0
  /** Found by the last acknowledgement: bytes that arrived, */
  arrived = 0
  /** the round trip of the latest packet that was sent once, -1: none, */
  trip: Micros = -1
  /** the transmission that is the last of those that were given up, -1: none (lost probes do not count), */
  lostTurn = -1
  /** and what became of a probe. */
  probe: 'none' | 'arrived' | 'lost' = 'none'
  #mask: number = SMALLEST - 1
  #place: Float64Array = new Float64Array(SMALLEST)
  #length: Uint16Array = new Uint16Array(SMALLEST)
  #state: Uint8Array = new Uint8Array(SMALLEST)
  #sentAt: Float64Array = new Float64Array(SMALLEST)
  #turn: Float64Array = new Float64Array(SMALLEST)
  /** Sequence numbers by transmission. */
  #order: Uint16Array = new Uint16Array(4 * SMALLEST)
  /** The first transmission whose fate is open, the next one, and the latest that has arrived. */
  #firstTurn = 0
  #nextTurn = 0
  #newestArrived = -1
  /** No lost packet lies before it. */
  #resendFrom: number

  constructor(first: number) {
    this.oldest = first
    this.next = first
    this.#resendFrom = first
  }

  /** Packets between the first unacknowledged and the next. */
  get count(): number {
    return (this.next - this.oldest) & 0xffff
  }

  /** Whether one more may be sent. */
  get hasRoom(): boolean {
    return this.count < MOST_PACKETS && this.mayResend
  }

  get mayResend(): boolean {
    return this.#nextTurn - this.#firstTurn < MOST_TURNS
  }

  /** The number of the next transmission: those before it had been sent by now. */
  get turns(): number {
    return this.#nextTurn
  }

  /** The latest transmission that is known to have arrived; -1: none. */
  get newestArrived(): number {
    return this.#newestArrived
  }

  placeOf(seq: number): number {
    return this.#place[seq & this.#mask]!
  }

  lengthOf(seq: number): number {
    return this.#length[seq & this.#mask]!
  }

  /** A packet of `length` bytes from `place` in the stream leaves; its sequence number. */
  send(now: Micros, place: number, length: number, isProbe: boolean): number {
    if (this.count > this.#mask) this.#grow()
    const seq = this.next
    const slot = seq & this.#mask
    this.#place[slot] = place
    this.#length[slot] = length
    this.#state[slot] = isProbe ? WAITS | PROBE : WAITS
    this.next = seqPlus(seq, 1)
    this.#transmit(now, seq)
    return seq
  }

  /** The lost packet that lies first in the stream; -1: none. */
  nextLost(): number {
    if (this.lost === 0) return -1
    while ((this.#state[this.#resendFrom & this.#mask]! & LOST) === 0) {
      this.#resendFrom = seqPlus(this.#resendFrom, 1)
    }
    return this.#resendFrom
  }

  /** A lost packet leaves again. */
  resend(now: Micros, seq: number): void {
    this.#state[seq & this.#mask] = WAITS | AGAIN
    this.lost -= 1
    this.#transmit(now, seq)
  }

  /** Begins an acknowledgement. */
  begin(): void {
    this.arrived = 0
    this.trip = -1
    this.lostTurn = -1
    this.probe = 'none'
  }

  /** All packets up to `seq` have arrived, which lies in the flight. `least`: the shortest round trip. */
  acknowledge(now: Micros, seq: number, least: Micros): void {
    const end = seqPlus(seq, 1)
    while (this.oldest !== end) {
      this.#arrive(now, this.oldest, least)
      this.oldest = seqPlus(this.oldest, 1)
    }
    if (seqDistance(this.#resendFrom, end) < 0) this.#resendFrom = end
  }

  /** Packets beyond a first missing one have arrived: bit 0 of `mask` is the one two after `ack`. */
  acknowledgeSome(
    now: Micros,
    ack: number,
    mask: Uint8Array,
    at: number,
    length: number,
    least: Micros,
  ): void {
    const base = seqPlus(ack, 2)
    for (let i = 0; i < length; i++) {
      for (let bits = mask[at + i]!, bit = 0; bits !== 0; bits >>>= 1, bit++) {
        if ((bits & 1) === 0) continue
        const seq = seqPlus(base, 8 * i + bit)
        if (seqDistance(seq, this.oldest) < 0) continue
        if (seqDistance(seq, this.next) >= 0) return
        if ((this.#state[seq & this.#mask]! & ARRIVED) === 0) this.#arrive(now, seq, least)
      }
    }
  }

  /** Gives up what was overtaken. */
  findLosses(): void {
    for (; this.#firstTurn < this.#nextTurn; this.#firstTurn++) {
      const turn = this.#firstTurn
      const seq = this.#order[turn & (this.#order.length - 1)]!
      const isOpen =
        seqDistance(seq, this.oldest) >= 0 &&
        this.#turn[seq & this.#mask] === turn &&
        (this.#state[seq & this.#mask]! & WAITS) !== 0
      if (!isOpen) continue
      if (turn > this.#newestArrived - OVERTAKEN) return
      this.giveUp(seq)
    }
  }

  /** A packet that waits is taken for lost. */
  giveUp(seq: number): void {
    const slot = seq & this.#mask
    const state = this.#state[slot]!
    if ((state & WAITS) === 0) return
    if ((state & PROBE) !== 0) this.probe = 'lost'
    else this.lostTurn = Math.max(this.lostTurn, this.#turn[slot]!)
    this.#state[slot] = LOST | AGAIN
    this.bytes -= this.#length[slot]!
    this.lost += 1
    if (this.lost === 1 || seqDistance(seq, this.#resendFrom) < 0) this.#resendFrom = seq
  }

  /** Nothing has come for a time: all that waits is taken for lost. */
  giveUpAll(): void {
    for (let seq = this.oldest; seq !== this.next; seq = seqPlus(seq, 1)) this.giveUp(seq)
  }

  #transmit(now: Micros, seq: number): void {
    const slot = seq & this.#mask
    const turn = this.#nextTurn++
    this.#sentAt[slot] = now
    this.#turn[slot] = turn
    this.bytes += this.#length[slot]!
    if (turn - this.#firstTurn >= this.#order.length) this.#growOrder()
    this.#order[turn & (this.#order.length - 1)] = seq
  }

  #arrive(now: Micros, seq: number, least: Micros): void {
    const slot = seq & this.#mask
    const state = this.#state[slot]!
    if ((state & ARRIVED) !== 0) return
    const trip = now - this.#sentAt[slot]!
    if ((state & LOST) !== 0) this.lost -= 1
    else this.bytes -= this.#length[slot]!
    this.#state[slot] = ARRIVED
    this.arrived += this.#length[slot]!
    if ((state & AGAIN) === 0) {
      this.trip = trip
      if ((state & PROBE) !== 0) this.probe = 'arrived'
    } else if (trip < least || (state & LOST) !== 0) {
      // It is one of the earlier ones that has come, of which the order says nothing.
      return
    }
    if (this.#turn[slot]! > this.#newestArrived) this.#newestArrived = this.#turn[slot]!
  }

  #grow(): void {
    const size = 2 * (this.#mask + 1)
    const place = new Float64Array(size)
    const length = new Uint16Array(size)
    const state = new Uint8Array(size)
    const sentAt = new Float64Array(size)
    const turn = new Float64Array(size)
    for (let seq = this.oldest; seq !== this.next; seq = seqPlus(seq, 1)) {
      const from = seq & this.#mask
      const to = seq & (size - 1)
      place[to] = this.#place[from]!
      length[to] = this.#length[from]!
      state[to] = this.#state[from]!
      sentAt[to] = this.#sentAt[from]!
      turn[to] = this.#turn[from]!
    }
    this.#mask = size - 1
    this.#place = place
    this.#length = length
    this.#state = state
    this.#sentAt = sentAt
    this.#turn = turn
  }

  #growOrder(): void {
    const grown = new Uint16Array(2 * this.#order.length)
    for (let turn = this.#firstTurn; turn < this.#nextTurn; turn++) {
      grown[turn & (grown.length - 1)] = this.#order[turn & (this.#order.length - 1)]!
    }
    this.#order = grown
  }
}
