import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { SessionOptions } from './options.ts'
import { DEFAULT_PORT, isDefaultBind, LAST_PORT } from './options.ts'
import type { Failure, Handle, Ports } from './ports.ts'
import type { Tickets } from './tickets.ts'

/** One local address with what is open on it: a UDP socket, a listener, or both on the same port number. */
export interface Bound {
  readonly address: Address
  readonly socket: Handle | undefined
  readonly listener: Handle | undefined
}

export type BindingOutcome =
  | { readonly ok: true; readonly bound: readonly Bound[] }
  | { readonly ok: false; readonly failure: Failure }

/** How often a port that the system picked for UDP may turn out to be taken for TCP. */
const PICK_ATTEMPTS = 16

/**
 * Opens the session's sockets under one port number for UDP and TCP, on every local address. A port that was asked for is
 * taken exactly or refused, by name of the protocol that is taken; otherwise the next free one of 6881 to 6999 is used. One
 * of the two wildcard addresses may be missing (a machine without IPv6). UDP of a default `::` goes to `six`, if that can be had.
 */
export class Binding {
  readonly #ports: Ports
  readonly #tickets: Tickets
  readonly #options: SessionOptions
  readonly #done: (now: Micros, outcome: BindingOutcome) => void
  #handles = 0
  #port: number
  #attempts = 0
  #bound: Bound[] = []
  #lastFailure: Failure | undefined
  /** In place of `::`, for UDP. */
  #six: string | undefined

  constructor(
    ports: Ports,
    tickets: Tickets,
    options: SessionOptions,
    six: string | undefined,
    done: (now: Micros, outcome: BindingOutcome) => void,
  ) {
    this.#ports = ports
    this.#tickets = tickets
    this.#options = options
    this.#six = isDefaultBind(options) ? six : undefined
    this.#done = done
    this.#port = options.port ?? DEFAULT_PORT
  }

  start(now: Micros): void {
    this.#bindNext(now, 0)
  }

  #bindNext(now: Micros, index: number): void {
    const host = this.#options.bind[index]
    if (host === undefined) {
      if (this.#bound.length > 0) this.#done(now, { ok: true, bound: this.#bound })
      else this.#done(now, { ok: false, failure: this.#lastFailure ?? nothingToOpen() })
      return
    }
    if (!this.#options.dht && this.#options.transport === 'tcp') {
      this.#listen(now, index, host, this.#port, undefined)
      return
    }
    const socket = ++this.#handles
    const six = host === '::' ? this.#six : undefined
    const ticket = this.#tickets.issue((at, value, failure) => {
      if (failure?.code === 'network/no-address' && six !== undefined) {
        this.#six = undefined
        this.#bindNext(at, index)
      } else if (failure !== undefined) this.#failed(at, index, 'UDP', failure)
      else this.#listen(at, index, host, (value as Address).port, { socket, address: value as Address })
    })
    this.#ports.udp.bind(ticket, socket, six ?? host, this.#port)
  }

  #listen(
    now: Micros,
    index: number,
    host: string,
    port: number,
    udp: { readonly socket: Handle; readonly address: Address } | undefined,
  ): void {
    if (!this.#options.listen || this.#options.transport === 'utp') {
      if (udp !== undefined)
        this.#add(now, index, { address: udp.address, socket: udp.socket, listener: undefined })
      else this.#done(now, { ok: true, bound: [] })
      return
    }
    const listener = ++this.#handles
    const ticket = this.#tickets.issue((at, value, failure) => {
      if (failure !== undefined) {
        if (udp !== undefined) this.#ports.udp.close(udp.socket)
        this.#failed(at, index, 'TCP', failure)
      } else this.#add(at, index, { address: value as Address, socket: udp?.socket, listener })
    })
    this.#ports.streams.listen(ticket, listener, host, port)
  }

  #add(now: Micros, index: number, bound: Bound): void {
    this.#bound.push(bound)
    this.#port = bound.address.port
    this.#bindNext(now, index + 1)
  }

  #failed(now: Micros, index: number, protocol: 'UDP' | 'TCP', failure: Failure): void {
    this.#lastFailure = failure
    if (failure.code !== 'network/port-taken') {
      // One family of the default pair may not exist here; an address that was asked for must.
      if (this.#options.bind.length > 1 && failure.code === 'network/no-address')
        this.#bindNext(now, index + 1)
      else this.#giveUp(now, failure)
      return
    }
    const asked = this.#options.port
    if (asked === undefined && this.#port < LAST_PORT) this.#retry(now, this.#port + 1)
    else if (asked === 0 && this.#attempts++ < PICK_ATTEMPTS) this.#retry(now, 0)
    else {
      const port =
        asked === undefined ? `every port from ${DEFAULT_PORT} to ${LAST_PORT}` : `port ${this.#port}`
      const message = `The ${protocol} side of ${port} is taken; choose another with --port.`
      this.#giveUp(now, { code: 'network/port-taken', message })
    }
  }

  #retry(now: Micros, port: number): void {
    this.#closeAll()
    this.#port = port
    this.#bindNext(now, 0)
  }

  #giveUp(now: Micros, failure: Failure): void {
    this.#closeAll()
    this.#done(now, { ok: false, failure })
  }

  #closeAll(): void {
    for (const { socket, listener } of this.#bound) {
      if (socket !== undefined) this.#ports.udp.close(socket)
      if (listener !== undefined) this.#ports.streams.unlisten(listener)
    }
    this.#bound = []
  }
}

function nothingToOpen(): Failure {
  return { code: 'network/no-address', message: 'None of the local addresses could be bound.' }
}
