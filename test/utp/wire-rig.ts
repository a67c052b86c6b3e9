import { type Address, parseAddress } from '../../src/core/address.ts'
import { concatBytes, copyBytes } from '../../src/core/bytes.ts'
import { Credit } from '../../src/core/credit.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { below, type Rng, unit } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { UtpConnection, UtpReader } from '../../src/utp/connection.ts'
import { UtpSocket, type UtpSocketInit } from '../../src/utp/utp-socket.ts'
import { dice } from '../support/dice.ts'

/** What befalls datagrams on the way. */
export interface Way {
  readonly delay: Micros
  /** Shares from 0 to 1. */
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
  /** Bytes a second, the heads of IP and UDP included; what would wait longer than `queue` is dropped. */
  readonly rate: number
  readonly queue: Micros
  /** Longer datagrams are lost. */
  readonly mtu: number
}

const IDEAL: Way = {
  delay: 10 * MILLISECOND,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  rate: Number.POSITIVE_INFINITY,
  queue: Number.POSITIVE_INFINITY,
  mtu: 65_535,
}

interface Parcel {
  readonly at: Micros
  readonly order: number
  readonly to: End
  readonly from: Address
  readonly bytes: Uint8Array
}

/** One side: a socket, and what its streams said. */
export class End {
  readonly socket: UtpSocket
  readonly address: Address
  readonly accepted: UtpConnection[] = []
  /** What is sent: to whom it seems to be from. */
  readonly outbox: { to: Address; bytes: Uint8Array }[] = []
  /** Told of each connection that comes; by default it gets a `Listener`. */
  welcome: (connection: UtpConnection) => void = (connection) => {
    this.listeners.push(new Listener(connection))
  }
  readonly listeners: Listener[] = []
  readonly credit: Credit

  constructor(wire: Wire, address: Address, init: Partial<UtpSocketInit>) {
    this.address = address
    this.credit = init.credit ?? new Credit(16 * 1024 * 1024)
    this.socket = new UtpSocket({
      now: wire.now,
      secret: dice(address.port),
      accepts: true,
      mostConnections: 100,
      credit: this.credit,
      ...init,
      effects: {
        reserve: (length) => new Uint8Array(length + 7),
        send: (to, datagram) => wire.send(this, to, datagram),
        accepted: (connection) => {
          this.accepted.push(connection)
          this.welcome(connection)
        },
        touch: () => {},
      },
    })
  }
}

/** What a stream said. */
export class Listener implements UtpReader {
  readonly connection: UtpConnection
  readonly chunks: Uint8Array[] = []
  opens = 0
  length = 0
  sentBytes = 0
  reason: ErrorCode | undefined
  /** Called with what has come. */
  onBytes: (now: Micros) => void = () => {}

  constructor(connection: UtpConnection) {
    this.connection = connection
    connection.reader = this
  }

  opened(): void {
    this.opens += 1
  }
  received(now: Micros, views: readonly Uint8Array[]): void {
    for (const view of views) {
      this.chunks.push(copyBytes(view))
      this.length += view.length
    }
    this.onBytes(now)
  }
  sent(_now: Micros, bytes: number): void {
    this.sentBytes += bytes
  }
  ended(_now: Micros, reason: ErrorCode): void {
    this.reason = reason
  }

  get bytes(): Uint8Array {
    return concatBytes(this.chunks)
  }
}

/** Sockets and the ways between them, in virtual time. */
export class Wire {
  now: Micros = 1_000_000_000
  way: Way
  /** Looks at each datagram, and may keep it. */
  filter: (from: End, to: End, bytes: Uint8Array) => boolean = () => true
  readonly ends: End[] = []
  /** Datagrams that were sent. */
  sent = 0
  readonly #rng: Rng
  readonly #parcels: Parcel[] = []
  readonly #freeAt = new Map<End, Micros>()
  #order = 0
  /** The longest that a datagram has waited for the way. */
  worstQueue: Micros = 0

  constructor(way: Partial<Way> = {}, seed = 1) {
    this.way = { ...IDEAL, ...way }
    this.#rng = dice(seed)
  }

  end(host: string, port: number, init: Partial<UtpSocketInit> = {}): End {
    const end = new End(this, parseAddress(host, port)!, init)
    this.ends.push(end)
    return end
  }

  send(from: End, to: Address, datagram: Uint8Array): void {
    this.sent += 1
    const target = this.ends.find(({ address }) => address.text === to.text)
    const bytes = copyBytes(datagram)
    if (target === undefined || !this.filter(from, target, bytes)) {
      from.outbox.push({ to, bytes })
      return
    }
    const { loss, duplicate, reorder, delay, rate, queue, mtu } = this.way
    if (bytes.length > mtu) return
    let left = this.now
    if (rate !== Number.POSITIVE_INFINITY) {
      const free = Math.max(this.now, this.#freeAt.get(from) ?? 0)
      if (free - this.now > queue) return
      this.worstQueue = Math.max(this.worstQueue, free - this.now)
      left = free + ((bytes.length + 28) / rate) * SECOND
      this.#freeAt.set(from, left)
    }
    if (unit(this.#rng) < loss) return
    const copies = unit(this.#rng) < duplicate ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const hold = unit(this.#rng) < reorder ? below(this.#rng, 2 * delay + 5_000) : 0
      this.deliver(Math.ceil(left + delay + hold), target, from.address, copyBytes(bytes))
    }
  }

  /** Brings a datagram at a time. */
  deliver(at: Micros, to: End, from: Address, bytes: Uint8Array): void {
    const parcel = { at, order: this.#order++, to, from, bytes }
    let index = this.#parcels.length
    while (index > 0 && this.#parcels[index - 1]!.at > at) index--
    this.#parcels.splice(index, 0, parcel)
  }

  /** Lets time pass until `until`, or until `done`. */
  run(duration: Micros, done: () => boolean = () => false): void {
    const until = this.now + duration
    while (!done()) {
      let next = this.#parcels[0]?.at ?? Number.POSITIVE_INFINITY
      for (const { socket } of this.ends) next = Math.min(next, socket.nextDeadline())
      if (next > until) break
      this.now = Math.max(this.now, next)
      const parcel = this.#parcels[0]
      if (parcel !== undefined && parcel.at <= this.now) {
        this.#parcels.shift()
        parcel.to.socket.receive(this.now, parcel.from, parcel.bytes)
        parcel.bytes.fill(0xee)
        parcel.to.socket.settle(this.now)
      } else {
        for (const { socket } of this.ends) {
          if (socket.nextDeadline() > this.now) continue
          socket.tick(this.now)
          socket.settle(this.now)
          if (socket.nextDeadline() <= this.now) throw new Error('a socket stays due')
        }
      }
    }
    if (!done()) this.now = until
  }

  /** A connection from `from` to `to`, open on both sides once something is said. */
  dial(from: End, to: End): Listener {
    const connection = from.socket.dial(this.now, to.address)!
    const listener = new Listener(connection)
    from.listeners.push(listener)
    from.socket.settle(this.now)
    this.run(SECOND, () => listener.opens > 0)
    return listener
  }

  /** Says `bytes`. */
  say(end: End, { connection }: Listener, bytes: Uint8Array): void {
    end.socket.now = this.now
    connection.send(bytes)
    connection.flush()
    end.socket.settle(this.now)
  }
}
