import type { Address } from '../core/address.ts'
import type { Credit } from '../core/credit.ts'
import type { ErrorCode } from '../core/errors.ts'
import { MILLISECOND, type Micros, NEVER, SECOND } from '../core/time.ts'
import type { UtpCounters } from './counters.ts'
import { type DatagramEffects, Outlet } from './outlet.ts'
import { DATA, FIN, type PacketHead, RESET, STATE, SYN } from './packet.ts'
import { Receiving } from './receiving.ts'
import { type PacketWriter, Sending } from './sending.ts'
import { seqPlus } from './sequence.ts'

/** SYNs that are sent, after 1, 2 and 4 seconds. */
const MOST_SYNS = 3
const FIRST_SYN_WAIT: Micros = SECOND
/** Packets may wait so long for a second to be acknowledged with. */
const ACK_DELAY: Micros = 10 * MILLISECOND
const ACK_AT_ONCE = 2
/** Time-outs in a row without a sign of life, which take half a minute. */
const MOST_SILENCES = 6
/** Boxes on the way forget who says nothing. */
const KEEP_ALIVE: Micros = 29 * SECOND
/** A missing packet is sent again long before; who leaves it out makes us keep what came after it. */
const LONGEST_GAP: Micros = 30 * SECOND
/** How long a connection that was closed goes on: until what waits has been taken, and for the remote to say its last. */
const LONGEST_FLUSH: Micros = 10 * SECOND
const LINGER: Micros = SECOND
/** A backstop: the machines above send no more than some MiB ahead of what leaves. */
const MOST_WAITING: number = 16 * 1024 * 1024

/** Told of all that comes; each call is, or is part of, one input. */
export interface UtpReader {
  /** One that we dialled is open. */
  opened(now: Micros): void
  /** `views` and their bytes are lent until the call returns. */
  received(now: Micros, views: readonly Uint8Array[]): void
  /** `bytes` more have left for the first time. */
  sent(now: Micros, bytes: number): void
  /** It is gone; said once. */
  ended(now: Micros, reason: ErrorCode): void
}

/** What connections share: their socket. */
export interface ConnectionParts extends DatagramEffects {
  readonly now: Micros
  readonly credit: Credit
  readonly counters: UtpCounters
  touch(connection: UtpConnection): void
  forget(connection: UtpConnection): void
}

/** Our part of how a connection is known: the id of what comes and of what goes (BEP 29: one apart). */
export interface ConnectionIds {
  readonly receive: number
  readonly send: number
}

/** One uTP connection (BEP 29): a stream of bytes both ways. */
export class UtpConnection implements PacketWriter {
  reader: UtpReader | undefined
  readonly overUtp = true
  readonly remote: Address
  readonly ids: ConnectionIds
  readonly #parts: ConnectionParts
  readonly #outlet: Outlet
  readonly #sending: Sending
  readonly #receiving: Receiving
  #state: 'dialling' | 'open' | 'closing' | 'over' = 'dialling'
  #syn: number
  #syns = 0
  #synAt: Micros = NEVER
  /** Packets that came and were not acknowledged. */
  #unacked = 0
  #ackNow = false
  #ackBy: Micros = NEVER
  #gapBy: Micros = NEVER
  #lingerBy: Micros = NEVER

  private constructor(parts: ConnectionParts, remote: Address, ids: ConnectionIds, seq: number, ack: number) {
    this.#parts = parts
    this.remote = remote
    this.ids = ids
    this.#outlet = new Outlet(parts, parts.counters, remote, ids.send, remote.scope === 'loopback')
    this.#syn = seq
    this.#sending = new Sending(seq, remote.family, parts.counters)
    this.#receiving = new Receiving(ack, parts.credit)
  }

  /** Dials; `seq` is the number of its first packet. */
  static dial(parts: ConnectionParts, remote: Address, ids: ConnectionIds, seq: number): UtpConnection {
    const connection = new UtpConnection(parts, remote, ids, seqPlus(seq, 1), 0)
    connection.#syn = seq
    connection.#sendSyn(parts.now)
    return connection
  }

  /** Of who has dialled: `seq` is the number of our first packet, `ack` that of the remote's SYN. */
  static accept(
    parts: ConnectionParts,
    remote: Address,
    ids: ConnectionIds,
    seq: number,
    ack: number,
  ): UtpConnection {
    const connection = new UtpConnection(parts, remote, ids, seq, ack)
    connection.#state = 'open'
    connection.#outlet.offers = false
    return connection
  }

  /** A packet of this connection, lent. */
  receive(now: Micros, head: PacketHead, bytes: Uint8Array): void {
    if (this.#state === 'over') return
    const { counters } = this.#parts
    if (this.#state === 'dialling') {
      this.#answered(now, head)
      return
    }
    const ahead = this.#sending.advance(head.ack)
    if (head.type === RESET) {
      // What it answers may have been a bare packet, whose number is that of the next one.
      if (ahead === undefined && head.ack !== this.#sending.flight.next) counters.drop('bad-reset')
      else this.#over(now, 'network/reset')
      return
    }
    if (ahead === undefined) {
      counters.drop('bad-ack')
      return
    }
    if (head.type === SYN) {
      counters.drop('syn-known')
      return
    }
    this.#outlet.delay = (now - head.timestamp) >>> 0
    this.#heedOffer(head)
    this.#sending.acknowledged(now, head, ahead, bytes)
    if (ahead > 0) this.#outlet.offers = false
    if (head.type === DATA || head.type === FIN) this.#take(now, head, bytes.subarray(head.payloadAt))
    if (this.#state === 'closing' && this.#sending.finished) {
      this.#lingerBy = Math.min(this.#lingerBy, now + LINGER)
    }
  }

  tick(now: Micros): void {
    if (this.#state === 'dialling' && now >= this.#synAt) {
      if (this.#syns === MOST_SYNS) this.#over(now, 'network/timeout')
      else this.#sendSyn(now)
    }
    if (this.#state === 'dialling' || this.#state === 'over') return
    if (now >= this.#ackBy) this.#ackNow = true
    if (now - this.#outlet.lastAt >= KEEP_ALIVE) this.#ackNow = true
    this.#sending.tick(now)
    if (this.#sending.silences >= MOST_SILENCES || now >= this.#gapBy) {
      this.#reset(now)
      this.#over(now, 'network/timeout')
    } else if (now >= this.#lingerBy) {
      if (!this.#sending.finished) this.#reset(now)
      this.#over(now, 'network/ended')
    }
  }

  get nextDeadline(): Micros {
    if (this.#state === 'over') return NEVER
    if (this.#state === 'dialling') return this.#synAt
    const own = Math.min(this.#ackBy, this.#gapBy, this.#lingerBy, this.#outlet.lastAt + KEEP_ALIVE)
    return Math.min(own, this.#sending.nextDeadline)
  }

  /** Delivers what waited and sends what is to be sent, once, when the input is over. */
  settle(now: Micros): void {
    if (this.#state === 'dialling' || this.#state === 'over') return
    this.#deliver(now)
    const sent = this.#sending.pump(now, this)
    if (this.#ackNow || this.#unacked >= ACK_AT_ONCE) this.#acknowledge(now)
    if (sent > 0) this.reader?.sent(now, sent)
    if (this.#sending.ring.length <= MOST_WAITING) return
    this.#reset(now)
    this.#over(now, 'network/failed')
  }

  /** Room for `length` bytes at the end of what waits to be sent; filled before the caller returns. */
  reserve(length: number): Uint8Array {
    return this.#sending.ring.reserve(length)
  }

  /** Queues a view, which is copied. */
  send(view: Uint8Array): void {
    this.#sending.ring.append(view)
  }

  flush(): void {
    this.#touch()
  }

  pause(): void {
    this.#receiving.pause()
  }

  resume(): void {
    if (this.#receiving.resume()) this.#ackNow = true
    this.#touch()
  }

  /** Sends what waits, then closes; `atOnce`: resets. Nothing is said of it from then on. */
  close(atOnce: boolean): void {
    if (this.#state === 'over') return
    const { now } = this.#parts
    this.reader = undefined
    if (atOnce || this.#state === 'dialling') {
      if (this.#state !== 'dialling') this.#reset(now)
      this.#over(now, 'network/ended')
    } else this.#end(now, true)
  }

  data(now: Micros, seq: number, place: number, length: number, datagram: number): void {
    this.#outlet.data(now, seq, this.#receiving, this.#sending.ring, place, length, datagram)
    this.#acknowledgedAlong()
  }

  fin(now: Micros, seq: number): void {
    this.#outlet.bare(now, FIN, seq, this.#receiving)
    this.#acknowledgedAlong()
  }

  #sendSyn(now: Micros): void {
    this.#synAt = now + FIRST_SYN_WAIT * 2 ** this.#syns
    this.#syns += 1
    this.#outlet.bare(now, SYN, this.#syn, undefined, this.ids.receive)
  }

  /** While we dial only an answer to our SYN counts. */
  #answered(now: Micros, head: PacketHead): void {
    if (head.ack !== this.#syn || (head.type !== STATE && head.type !== RESET)) {
      this.#parts.counters.drop(head.type === RESET ? 'bad-reset' : 'bad-ack')
      return
    }
    if (head.type === RESET) {
      this.#over(now, 'network/refused')
      return
    }
    if (this.#syns === 1) this.#sending.trips.sample(now - this.#outlet.lastAt)
    this.#state = 'open'
    this.#outlet.delay = (now - head.timestamp) >>> 0
    this.#heedOffer(head)
    this.#receiving.ack = seqPlus(head.seq, -1)
    this.#sending.window = head.window
    this.reader?.opened(now)
  }

  #heedOffer(head: PacketHead): void {
    if (head.offer > 0 && this.remote.scope === 'loopback') this.#sending.mtu.raise(head.offer)
  }

  #take(now: Micros, head: PacketHead, payload: Uint8Array): void {
    const receiving = this.#receiving
    const hadGap = receiving.hasGap
    const intake = receiving.take(head.seq, payload, head.type === FIN)
    if (intake === 'twice') this.#parts.counters.drop('twice')
    if (intake === 'refused') this.#parts.counters.drop('no-room')
    this.#unacked += 1
    if (intake !== 'in-order' || hadGap || head.type === FIN) this.#ackNow = true
    else if (this.#ackBy === NEVER) this.#ackBy = now + ACK_DELAY
    if (!receiving.hasGap) this.#gapBy = NEVER
    else if (intake === 'in-order' || this.#gapBy === NEVER) this.#gapBy = now + LONGEST_GAP
    this.#deliver(now)
  }

  #deliver(now: Micros): void {
    const receiving = this.#receiving
    if (receiving.ready.length > 0) {
      this.reader?.received(now, receiving.ready)
      receiving.delivered()
    }
    if (!receiving.ended || receiving.paused || this.#state !== 'open') return
    const { reader } = this
    this.reader = undefined
    this.#end(now, false)
    reader?.ended(now, 'network/ended')
  }

  /** Says its last; `all`: what waits as well. */
  #end(now: Micros, all: boolean): void {
    this.#state = 'closing'
    this.#lingerBy = now + LONGEST_FLUSH
    this.#receiving.resume()
    this.#receiving.delivered()
    this.#sending.end(all)
    this.#touch()
  }

  #acknowledge(now: Micros): void {
    this.#outlet.bare(now, STATE, this.#sending.flight.next, this.#receiving)
    this.#unacked = 0
    this.#ackNow = false
    this.#ackBy = NEVER
  }

  /** A packet with something in it acknowledges too, but not selectively. */
  #acknowledgedAlong(): void {
    if (this.#receiving.hasGap) return
    this.#unacked = 0
    this.#ackNow = false
    this.#ackBy = NEVER
  }

  #reset(now: Micros): void {
    this.#outlet.bare(now, RESET, this.#sending.flight.next, this.#receiving)
  }

  #over(now: Micros, reason: ErrorCode): void {
    const { reader } = this
    this.reader = undefined
    this.#state = 'over'
    this.#receiving.clear()
    this.#parts.forget(this)
    reader?.ended(now, reason)
  }

  #touch(): void {
    if (this.#state !== 'over') this.#parts.touch(this)
  }
}
