import type { Address } from '../../src/core/address.ts'
import { Credit } from '../../src/core/credit.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Outcome, Ports, StreamId, Ticket } from '../../src/session/ports.ts'
import type { UtpConnection, UtpReader } from '../../src/utp/connection.ts'
import { UtpSocket } from '../../src/utp/utp-socket.ts'
import { BareMachine } from '../adversaries/bare-machine.ts'
import { PORT } from '../hosts/session-host.ts'

/** What always waits to be sent, and what is added at a time. */
const AHEAD = 512 * 1024
const CHUNK: Uint8Array = new Uint8Array(64 * 1024)
const SOCKET = 1
const LISTENER = 1

/** Sends without end to whom it is told, and takes what others send: for what carriers make of a line, whatever they carry. */
export class BulkHost extends BareMachine {
  /** Bytes that have come. */
  received = 0
  readonly #ports: Ports
  readonly #host: string
  #dialled: StreamId = 0
  #utp: UtpSocket | undefined

  constructor(ports: Ports, host: string) {
    super()
    this.#ports = ports
    this.#host = host
  }

  /** Begins to send; an event of its own. */
  sendTo(now: Micros, to: Address, carrier: 'tcp' | 'utp'): void {
    if (carrier === 'utp') this.#read(this.#utp!.dial(now, to)!)
    else {
      this.#dialled += 2
      this.#ports.streams.connect(this.#dialled, to, undefined)
    }
    this.#settle(now)
  }

  start(): void {
    this.#ports.udp.bind(SOCKET, SOCKET, this.#host, PORT)
    this.#ports.streams.listen(SOCKET + 1, LISTENER, this.#host, PORT)
  }

  override completed(now: Micros, ticket: Ticket, _outcome: Outcome): void {
    if (ticket !== SOCKET) return
    const { udp, random } = this.#ports
    this.#utp = new UtpSocket({
      now,
      secret: random.secret,
      accepts: true,
      mostConnections: 100,
      credit: new Credit(16 * 1024 * 1024),
      effects: {
        reserve: (length) => udp.reserve(length),
        send: (to, datagram) => udp.send(SOCKET, to, datagram),
        accepted: (connection) => this.#read(connection),
        touch: () => {},
      },
    })
    this.#settle(now)
  }

  override datagram(now: Micros, _socket: number, from: Address, bytes: Uint8Array): void {
    this.#utp?.receive(now, from, bytes)
    this.#settle(now)
  }

  override timer(now: Micros): void {
    this.#utp?.tick(now)
    this.#settle(now)
  }

  override connected(_now: Micros, stream: StreamId): void {
    this.#feedTcp(stream, AHEAD)
  }

  override sent(_now: Micros, stream: StreamId, bytes: number): void {
    this.#feedTcp(stream, bytes)
  }

  override chunk(_now: Micros, _stream: StreamId, views: readonly Uint8Array[]): void {
    for (const view of views) this.received += view.length
  }

  #feedTcp(stream: StreamId, bytes: number): void {
    for (let left = bytes; left > 0; left -= CHUNK.length) {
      this.#ports.streams.send(stream, left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK)
    }
    this.#ports.streams.flush(stream)
  }

  #read(connection: UtpConnection): void {
    let waiting = 0
    const feed = (): void => {
      for (; waiting < AHEAD; waiting += CHUNK.length) connection.send(CHUNK)
      connection.flush()
    }
    const reader: UtpReader = {
      opened: feed,
      received: (_now, views) => {
        for (const view of views) this.received += view.length
      },
      sent: (_now, bytes) => {
        waiting -= bytes
        feed()
      },
      ended: () => {},
    }
    connection.reader = reader
  }

  #settle(now: Micros): void {
    this.#utp?.settle(now)
    this.#ports.clock.wakeAt(this.#utp?.nextDeadline() ?? Number.POSITIVE_INFINITY)
  }
}
