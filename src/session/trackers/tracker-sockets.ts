import type { Address } from '../../core/address.ts'
import type { Micros } from '../../core/time.ts'
import type { Failure, Handle, Ports } from '../ports.ts'
import type { Sockets } from '../sockets.ts'
import type { Tickets } from '../tickets.ts'

export interface TrackerSocketsInit {
  readonly ports: Pick<Ports, 'udp'>
  readonly tickets: Tickets
  readonly sockets: Pick<Sockets, 'bound'>
  newHandle(): Handle
}

type Use = (now: Micros, failure: Failure | undefined) => void

interface Own {
  readonly handle: Handle
  /** Who waits until it is bound; `undefined`: it is, or cannot be. */
  waiting: Use[] | undefined
  failure: Failure | undefined
}

const ANY = { 4: '0.0.0.0', 6: '::' } as const

/**
 * A UDP socket of each family for trackers alone, opened when the first is asked: on an address that the session is bound to, on a port
 * of the system's choice, so that answers are harder to forge and none is taken for another protocol's.
 */
export class TrackerSockets {
  readonly #init: TrackerSocketsInit
  readonly #read: (handle: Handle) => void
  readonly #own = new Map<4 | 6, Own>()

  /** `read`: what comes to this socket is to be read. */
  constructor(init: TrackerSocketsInit, read: (handle: Handle) => void) {
    this.#init = init
    this.#read = read
  }

  /** Calls `ready` when there is one, or with why there is none. */
  use(now: Micros, family: 4 | 6, ready: Use): void {
    const own = this.#own.get(family) ?? this.#open(family)
    if (own.waiting === undefined) ready(now, own.failure)
    else own.waiting.push(ready)
  }

  send(to: Address, datagram: Uint8Array): void {
    const own = this.#own.get(to.family)
    if (own === undefined) return
    const { udp } = this.#init.ports
    const room = udp.reserve(datagram.length)
    room.set(datagram)
    udp.send(own.handle, to, room.subarray(0, datagram.length))
  }

  close(): void {
    for (const { handle } of this.#own.values()) this.#init.ports.udp.close(handle)
    this.#own.clear()
  }

  #open(family: 4 | 6): Own {
    const { ports, tickets, sockets, newHandle } = this.#init
    const here = sockets.bound.find(({ address }) => address.family === family)
    const own: Own = { handle: newHandle(), waiting: [], failure: undefined }
    this.#own.set(family, own)
    const ticket = tickets.issue((now, _value, failure) => {
      const waiting = own.waiting ?? []
      own.waiting = undefined
      own.failure = failure
      if (this.#own.get(family) !== own) return
      if (failure === undefined) this.#read(own.handle)
      for (const ready of waiting) ready(now, failure)
    })
    ports.udp.bind(ticket, own.handle, here?.address.host ?? ANY[family], 0)
    return own
  }
}
