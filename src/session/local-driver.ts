import { SEARCH_GROUP } from '../codec/search-message.ts'
import type { Address } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { SessionEvent } from './events.ts'
import { LocalDiscovery } from './local-discovery.ts'
import type { Handle, Ports } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Seat } from './seat.ts'
import type { Sockets } from './sockets.ts'
import type { Tickets } from './tickets.ts'

export interface LocalDriverInit {
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly sockets: Sockets
  /** Where we take peers; `undefined`: nowhere. */
  readonly port: number | undefined
  newHandle(): Handle
  emit(event: SessionEvent): void
}

const FAMILIES = [4, 6] as const

/** Local discovery on a host that has multicast: a socket for each family that is bound to, opened for the first torrent. */
export class LocalDriver {
  readonly #init: LocalDriverInit
  readonly #machine: LocalDiscovery
  readonly #seat: Seat
  readonly #handles = new Map<4 | 6, Handle>()
  #begun = false
  #stopped = false

  constructor(now: Micros, init: LocalDriverInit) {
    const { ports, port, sockets, rounds } = init
    this.#init = init
    const cookie = new Uint8Array(8)
    ports.random.dice.fill(cookie)
    this.#machine = new LocalDiscovery({
      now,
      port,
      cookie: toHex(cookie),
      loopbackOnly: sockets.bound.every(({ address }) => address.scope === 'loopback'),
      effects: {
        announce: (family, datagram) => this.#announce(family, datagram),
        touch: () => this.#seat.touch(),
      },
    })
    this.#seat = rounds.seat(this.#machine)
  }

  enter(now: Micros, infoHash: Id, found: (now: Micros, peer: Address) => void): void {
    this.#join()
    this.#machine.enter(now, infoHash, found)
  }

  leave(infoHash: Id): void {
    this.#machine.leave(infoHash)
  }

  stop(): void {
    this.#stopped = true
    for (const handle of this.#handles.values()) this.#init.ports.udp.close(handle)
    this.#seat.forget()
  }

  #join(): void {
    if (this.#begun) return
    this.#begun = true
    const { ports, tickets, sockets, newHandle, emit } = this.#init
    const families = FAMILIES.map((family) => ({
      family,
      hosts: sockets.bound
        .filter(({ address }) => address.family === family)
        .map(({ address }) => address.host),
    })).filter(({ hosts }) => hosts.length > 0)
    let failed = 0
    for (const { family, hosts } of families) {
      const handle = newHandle()
      this.#handles.set(family, handle)
      const ticket = tickets.issue((now, _value, failure) => {
        if (this.#stopped) return
        if (failure === undefined) {
          sockets.read(handle, this.#machine)
          this.#machine.joined(now, family)
        } else if (++failed === families.length) {
          // One family that lacks is as usual as a machine without IPv6.
          const message = `Peers on the local network are not looked for: ${failure.message}`
          emit({ kind: 'warning', torrent: undefined, code: 'network/no-multicast', message })
        }
      })
      ports.udp.join?.(ticket, handle, SEARCH_GROUP[family], hosts)
    }
  }

  #announce(family: 4 | 6, datagram: Uint8Array): void {
    const { udp } = this.#init.ports
    const room = udp.reserve(datagram.length)
    room.set(datagram)
    udp.send(this.#handles.get(family)!, SEARCH_GROUP[family], room.subarray(0, datagram.length))
  }
}
