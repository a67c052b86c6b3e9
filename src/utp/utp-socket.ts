import type { Address } from '../core/address.ts'
import type { Credit } from '../core/credit.ts'
import { Deadlines } from '../core/deadlines.ts'
import { TokenBucket } from '../core/rate.ts'
import { below, type Rng } from '../core/rng.ts'
import { type Micros, NEVER } from '../core/time.ts'
import { type ConnectionParts, UtpConnection } from './connection.ts'
import { UtpCounters } from './counters.ts'
import { type DatagramEffects, writeOffer } from './outlet.ts'
import { DATA, HEAD_LENGTH, OFFER_LENGTH, PacketHead, RESET, SIZE_OFFER, STATE, SYN } from './packet.ts'
import { RECEIVE_WINDOW } from './receiving.ts'
import { seqPlus } from './sequence.ts'
import { SynCookie } from './syn-cookie.ts'

/** Connections that one remote endpoint may have. */
const MOST_PER_REMOTE = 8
/** Connections of which it is remembered that they are over: their first packets may come once more. */
const MOST_OVER = 256
/** Answers a second to SYNs, and to packets of connections that we do not know. */
const SYN_ANSWERS = 1_000
const RESETS = 100

export interface UtpEffects extends DatagramEffects {
  /** Somebody has dialled us; whoever wants it sets its reader at once. */
  accepted(connection: UtpConnection): void
  /** There is something for `settle` to do. */
  touch(): void
}

export interface UtpSocketInit {
  readonly now: Micros
  readonly secret: Rng
  readonly effects: UtpEffects
  /** Whether others may dial. */
  readonly accepts: boolean
  /** Connections at most, those included that linger after their end. */
  readonly mostConnections: number
  /** What packets may hold that came ahead of a missing one, or that nobody reads yet: of all connections of all sockets. */
  readonly credit: Credit
}

/** A connection that is to be looked at, and when. */
interface Entry {
  readonly connection: UtpConnection
  touched: boolean
  /** When it is looked at: at its deadline or before. */
  due: Micros
}

/** The uTP connections of one UDP socket (BEP 29): told apart by the remote's address and the id that it uses. */
export class UtpSocket implements ConnectionParts {
  readonly counters: UtpCounters = new UtpCounters()
  readonly credit: Credit
  /** The time of the input. */
  now: Micros
  readonly #secret: Rng
  readonly #effects: UtpEffects
  readonly #accepts: boolean
  readonly #most: number
  readonly #cookie: SynCookie
  readonly #head = new PacketHead()
  readonly #synAnswers: TokenBucket
  readonly #resets: TokenBucket
  readonly #byRemote = new Map<string, Entry[]>()
  readonly #entries = new Map<UtpConnection, Entry>()
  /** The oldest first. */
  readonly #over = new Set<string>()
  readonly #deadlines = new Deadlines<Entry>()
  readonly #touched: Entry[] = []

  constructor({ now, secret, effects, accepts, mostConnections, credit }: UtpSocketInit) {
    this.now = now
    this.#secret = secret
    this.#effects = effects
    this.#accepts = accepts
    this.#most = mostConnections
    this.credit = credit
    this.#cookie = new SynCookie(secret)
    this.#synAnswers = new TokenBucket(now, SYN_ANSWERS, SYN_ANSWERS)
    this.#resets = new TokenBucket(now, RESETS, RESETS)
  }

  /** Connections that there are, those included that linger. */
  get size(): number {
    return this.#entries.size
  }

  /** Dials; `undefined`: there are too many connections, all of them or to this remote. */
  dial(now: Micros, to: Address): UtpConnection | undefined {
    this.now = now
    const others = this.#byRemote.get(to.text) ?? []
    if (this.#isFull(others)) return undefined
    let receive = below(this.#secret, 0x1_0000)
    while (find(others, receive) !== undefined) receive = seqPlus(receive, 1)
    this.counters.dialled += 1
    const ids = { receive, send: seqPlus(receive, 1) }
    return this.#enter(UtpConnection.dial(this, to, ids, below(this.#secret, 0x1_0000)))
  }

  /** `datagram` is lent. */
  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    this.now = now
    const head = this.#head
    this.counters.packetsIn += 1
    if (!from.usable) this.counters.drop('source')
    else if (!head.read(datagram)) this.counters.drop('malformed')
    else {
      const others = this.#byRemote.get(from.text)
      // Who knows nothing of a connection resets it by the id that it was sent.
      const isReset = head.type === RESET
      const id = head.type === SYN ? seqPlus(head.id, 1) : head.id
      const entry = others === undefined ? undefined : find(others, id, isReset)
      if (entry === undefined) this.#strange(now, from, others ?? [], datagram)
      else {
        entry.connection.receive(now, head, datagram)
        this.#mark(entry)
      }
    }
  }

  tick(now: Micros): void {
    this.now = now
    for (let entry = this.#deadlines.due(now); entry !== undefined; entry = this.#deadlines.due(now)) {
      entry.due = NEVER
      if (entry.connection.nextDeadline <= now) entry.connection.tick(now)
      this.#mark(entry)
    }
  }

  nextDeadline(): Micros {
    return this.#deadlines.next
  }

  settle(now: Micros): void {
    this.now = now
    const touched = this.#touched
    // The list grows while it is walked.
    for (let i = 0; i < touched.length; i++) {
      const entry = touched[i]!
      const { connection } = entry
      entry.touched = false
      connection.settle(now)
      if (connection.nextDeadline <= now) {
        connection.tick(now)
        connection.settle(now)
      }
      const next = connection.nextDeadline
      if (next >= entry.due) continue
      entry.due = next
      this.#deadlines.set(entry, next)
    }
    while (touched.length > 0) touched.pop()
  }

  /** Says its last to every remote, and forgets it. */
  stop(now: Micros): void {
    this.now = now
    for (const connection of [...this.#entries.keys()]) {
      connection.close(false)
      connection.settle(now)
      connection.close(true)
    }
    while (this.#touched.length > 0) this.#touched.pop()
  }

  reserve(length: number): Uint8Array {
    return this.#effects.reserve(length)
  }

  send(to: Address, datagram: Uint8Array): void {
    this.#effects.send(to, datagram)
  }

  touch(connection: UtpConnection): void {
    const entry = this.#entries.get(connection)
    if (entry !== undefined) this.#mark(entry)
  }

  forget(connection: UtpConnection): void {
    const entry = this.#entries.get(connection)
    if (entry === undefined) return
    this.#entries.delete(connection)
    this.#deadlines.delete(entry)
    const { text } = connection.remote
    if (this.#over.size === MOST_OVER) this.#over.delete(this.#over.values().next().value!)
    this.#over.add(`${text} ${connection.ids.receive}`)
    const others = this.#byRemote.get(text)!
    if (others.length === 1) this.#byRemote.delete(text)
    else others.splice(others.indexOf(entry), 1)
  }

  /** A packet of no connection. */
  #strange(now: Micros, from: Address, others: readonly Entry[], datagram: Uint8Array): void {
    const { type, id, seq, ack, offer } = this.#head
    if (type === RESET) this.counters.drop('unknown')
    else if (type === SYN) this.#answerSyn(now, from, id, seq, offer > 0)
    else {
      const syn = type === DATA && this.#accepts ? this.#cookie.synOf(from, seqPlus(id, -1), seq, ack) : -1
      if (syn < 0 || this.#over.has(`${from.text} ${id}`)) {
        this.counters.drop('unknown')
        if (this.#resets.tryTake(now, 1))
          this.#bare(from, RESET, id, below(this.#secret, 0x1_0000), seq, false)
        else this.counters.drop('reset-limit')
      } else if (this.#isFull(others)) this.counters.drop('connections-full')
      else this.#accept(now, from, syn, datagram)
    }
  }

  #accept(now: Micros, from: Address, syn: number, datagram: Uint8Array): void {
    const { id, ack } = this.#head
    this.counters.accepted += 1
    const ids = { receive: id, send: seqPlus(id, -1) }
    const connection = this.#enter(UtpConnection.accept(this, from, ids, seqPlus(ack, 1), syn))
    this.#effects.accepted(connection)
    connection.receive(now, this.#head, datagram)
  }

  #answerSyn(now: Micros, from: Address, id: number, seq: number, offers: boolean): void {
    if (!this.#accepts) this.counters.drop('not-accepting')
    else if (this.#entries.size >= this.#most) this.counters.drop('connections-full')
    else if (!this.#synAnswers.tryTake(now, 1)) this.counters.drop('syn-limit')
    else this.#bare(from, STATE, id, this.#cookie.of(from, id, seq), seq, offers)
  }

  /** A packet that belongs to no connection of ours. No longer than what it answers. */
  #bare(to: Address, type: number, id: number, seq: number, ack: number, offers: boolean): void {
    const head = this.#head
    const length = HEAD_LENGTH + (offers ? OFFER_LENGTH : 0)
    const room = this.reserve(length)
    const delay = (this.now - head.timestamp) >>> 0
    Object.assign(head, { type, id, seq, ack, delay, timestamp: this.now, window: RECEIVE_WINDOW })
    head.extension = offers ? SIZE_OFFER : 0
    head.write(room)
    if (offers) writeOffer(room, HEAD_LENGTH, 0)
    this.counters.packetsOut += 1
    this.send(to, room.length === length ? room : room.subarray(0, length))
  }

  #isFull(others: readonly Entry[]): boolean {
    return this.#entries.size >= this.#most || others.length >= MOST_PER_REMOTE
  }

  #enter(connection: UtpConnection): UtpConnection {
    const entry: Entry = { connection, touched: false, due: NEVER }
    this.#entries.set(connection, entry)
    const { text } = connection.remote
    const others = this.#byRemote.get(text)
    if (others === undefined) this.#byRemote.set(text, [entry])
    else others.push(entry)
    this.#mark(entry)
    return connection
  }

  #mark(entry: Entry): void {
    if (entry.touched) return
    entry.touched = true
    if (this.#touched.length === 0) this.#effects.touch()
    this.#touched.push(entry)
  }
}

/** The connection whose packets come with `id`; `either`: or go with it. */
function find(entries: readonly Entry[], id: number, either = false): Entry | undefined {
  for (const entry of entries) {
    const { receive, send } = entry.connection.ids
    if (receive === id || (either && send === id)) return entry
  }
  return undefined
}
