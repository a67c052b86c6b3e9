import type { Address } from '../core/address.ts'
import { Credit } from '../core/credit.ts'
import type { Micros } from '../core/time.ts'
import { UtpSocket } from '../utp/utp-socket.ts'
import { Dialler } from './dialler.ts'
import type { SessionEvent } from './events.ts'
import type { SessionOptions } from './options.ts'
import type { Handle, Ports } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Seat } from './seat.ts'
import type { Stream } from './stream.ts'
import { TcpStreams } from './tcp-streams.ts'
import type { UdpMux } from './udp-mux.ts'

/** The share of the memory that uTP may hold of what came out of order, or is not read yet. */
const MEMORY_SHARE = 1 / 8
/** uTP connections beside those that peers may have: who has not shaken hands yet, and who is gone but for a last word. */
const SPARE = 256

export interface TransportsInit {
  readonly ports: Ports
  readonly rounds: Rounds
  readonly options: SessionOptions
  /** The local address to dial from, when the user bound to one. */
  localHost(to: Address): string | undefined
  /** Somebody has dialled us by uTP. */
  accepted(now: Micros, stream: Stream, from: Address): void
  emit(event: SessionEvent): void
}

/** What carries streams: TCP, and uTP on each UDP socket. */
export class Transports {
  readonly tcp: TcpStreams
  readonly dialler: Dialler
  readonly #init: TransportsInit
  /** By family, those that are dialled from. */
  readonly #utp = new Map<4 | 6, UtpSocket>()
  readonly #all: { readonly socket: UtpSocket; readonly seat: Seat }[] = []
  readonly #credit: Credit

  constructor(init: TransportsInit) {
    const { ports, rounds, options } = init
    this.#init = init
    this.#credit = new Credit(options.memory * MEMORY_SHARE)
    this.tcp = new TcpStreams(ports.streams, init.emit)
    this.dialler = new Dialler(rounds, options.transport, {
      tcp: (to) => this.tcp.dial(to, init.localHost(to)),
      utp: (now, to) => this.#utp.get(to.family)?.dial(now, to),
    })
  }

  /** A UDP socket is open, whose datagrams `mux` tells apart. */
  open(now: Micros, handle: Handle, family: 4 | 6, mux: UdpMux): void {
    const { ports, rounds, options, accepted } = this.#init
    if (options.transport === 'tcp') return
    const socket = new UtpSocket({
      now,
      secret: ports.random.secret,
      accepts: options.listen,
      mostConnections: options.maxPeers + SPARE,
      credit: this.#credit,
      effects: {
        reserve: (length) => ports.udp.reserve(length),
        send: (to, datagram) => ports.udp.send(handle, to, datagram),
        accepted: (connection) => accepted(rounds.now, connection, connection.remote),
        touch: () => seat.touch(),
      },
    })
    const seat = rounds.seat(socket)
    mux.utp = socket
    if (!this.#utp.has(family)) this.#utp.set(family, socket)
    this.#all.push({ socket, seat })
  }

  stop(now: Micros): void {
    for (const { socket, seat } of this.#all) {
      socket.stop(now)
      seat.forget()
    }
  }
}
