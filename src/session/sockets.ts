import { type Address, isWildcard } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import { AddressWatch } from './address-watch.ts'
import { Binding, type Bound } from './binding.ts'
import { preferred6, severalAddresses } from './local-addresses.ts'
import type { SessionOptions } from './options.ts'
import { type Mapped, PortMapping, type Protocol } from './port-mapping.ts'
import type { Failure, Handle, Ports } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Tickets } from './tickets.ts'
import type { DatagramReader } from './udp-mux.ts'

/** The sockets of a session: what is open on which local address, and who reads what comes to them. */
export class Sockets {
  readonly #ports: Ports
  readonly #tickets: Tickets
  readonly #options: SessionOptions
  readonly #rounds: Rounds
  readonly #readers = new Map<Handle, DatagramReader>()
  #bound: readonly Bound[] = []
  #mapping: PortMapping | undefined

  constructor(ports: Ports, tickets: Tickets, rounds: Rounds, options: SessionOptions) {
    this.#ports = ports
    this.#tickets = tickets
    this.#rounds = rounds
    this.#options = options
  }

  get bound(): readonly Bound[] {
    return this.#bound
  }

  /** Where we are found; `undefined` while nothing is open. */
  get port(): number | undefined {
    return this.#bound[0]?.address.port
  }

  /** What a gateway hands on to us; `undefined`: none was asked. */
  get mapped(): Mapped | undefined {
    return this.#mapping?.mapped
  }

  /** The addresses that are ourselves, as far as the user has named them. */
  get own(): readonly Address[] {
    return this.#bound.map(({ address }) => address).filter((address) => !isWildcard(address))
  }

  /** What a torrent is to know of it. */
  get place(): { port: number | undefined; own: readonly Address[]; mapped: () => Mapped | undefined } {
    return { port: this.port, own: this.own, mapped: () => this.mapped }
  }

  /** Opens all that the options say. `warn` is told afterwards of what is not as it should be, `failed` why nothing is open. */
  open(
    now: Micros,
    opened: (now: Micros) => void,
    warn: (warning: Failure) => void,
    failed: (failure: Failure) => void,
  ): void {
    const bindTo = (at: Micros, own: readonly Address[]): void => {
      const binding = new Binding(
        this.#ports,
        this.#tickets,
        this.#options,
        preferred6(own)?.host,
        (then, outcome) => {
          if (!outcome.ok) {
            failed(outcome.failure)
            return
          }
          this.#bound = outcome.bound
          this.#map(then)
          opened(then)
          const several = severalAddresses(outcome.bound, own)
          if (several !== undefined) warn(several)
          this.#watch(warn)
        },
      )
      binding.start(at)
    }
    // Where all addresses are bound to, it matters which there are.
    const { bind, dht } = this.#options
    if (!dht || !bind.some((host) => host === '::' || host === '0.0.0.0')) bindTo(now, [])
    else {
      const ticket = this.#tickets.issue((at, own) => bindTo(at, (own ?? []) as readonly Address[]))
      this.#ports.names.own(ticket)
    }
  }

  /** What comes to `socket` goes to `reader` from now on. */
  read(socket: Handle, reader: DatagramReader): void {
    this.#readers.set(socket, reader)
  }

  /** `bytes` are lent. */
  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void {
    this.#readers.get(socket)?.receive(now, from, bytes)
  }

  /**
   * Dials leave from an address that the user bound to, also where nothing is open there; a wildcard leaves the choice to the system. Where
   * he named none of their family it is one of the other, from which they fail, rather than leave from elsewhere.
   */
  localHost({ family }: Address): string | undefined {
    const hosts = [...this.#bound.map(({ address }) => address.host), ...this.#options.bind]
    const host = hosts.find((one) => one.includes(':') === (family === 6))
    if (host === undefined) return hosts[0]
    return host === '0.0.0.0' || host === '::' ? undefined : host
  }

  close(): void {
    this.#mapping?.stop()
    for (const { socket, listener } of this.#bound) {
      if (socket !== undefined) this.#ports.udp.close(socket)
      if (listener !== undefined) this.#ports.streams.unlisten(listener)
    }
    this.#readers.clear()
  }

  /** Addresses that the user named. */
  #watch(warn: (warning: Failure) => void): void {
    const { names } = this.#ports
    const bound = this.own.filter(({ scope }) => scope !== 'loopback')
    if (!this.#options.watchAddresses || names.changed === undefined || bound.length === 0) return
    new AddressWatch({ names, tickets: this.#tickets, bound, warn })
  }

  /** A gateway stands before all IPv4 addresses of a machine; who was bound to one of them has said where he is to be found. */
  #map(now: Micros): void {
    const { mapping } = this.#ports
    const place = this.#bound.find(({ address }) => address.family === 4 && isWildcard(address))
    if (!this.#options.portMapping || mapping === undefined || place === undefined) return
    const protocols: Protocol[] = []
    if (place.listener !== undefined) protocols.push('tcp')
    if (place.socket !== undefined) protocols.push('udp')
    const { port } = place.address
    this.#mapping = new PortMapping(now, mapping, this.#tickets, this.#rounds, port, protocols)
  }
}
