import type { Address } from '../core/address.ts'
import { MINUTE, type Micros, NEVER } from '../core/time.ts'
import type { MappedPort, MappingPort } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Machine, Seat } from './seat.ts'
import type { Tickets } from './tickets.ts'

/** A mapping is renewed at half of its time, within these, whatever the gateway says: it may have been started anew meanwhile. */
const SHORTEST = MINUTE
const LONGEST = 30 * MINUTE
/** Where there is no gateway, or none that does it, it is asked for again after this long, doubling: networks change. */
const FIRST_RETRY = 5 * MINUTE
const LONGEST_RETRY = 120 * MINUTE

export type Protocol = 'tcp' | 'udp'

/** What a gateway hands on to us: its ports, and its address where it has told one. */
export interface Mapped {
  readonly tcp: number | undefined
  readonly udp: number | undefined
  readonly address: Address | undefined
}

interface Side {
  readonly protocol: Protocol
  mapped: MappedPort | undefined
  at: Micros
  wait: Micros
}

/** Keeps the session's port mapped at a gateway: from the start until it stops, renewed in time. */
export class PortMapping implements Machine {
  readonly #gateway: MappingPort
  readonly #tickets: Tickets
  readonly #port: number
  readonly #sides: readonly Side[]
  readonly #seat: Seat
  #stopped = false

  constructor(
    now: Micros,
    gateway: MappingPort,
    tickets: Tickets,
    rounds: Rounds,
    port: number,
    protocols: readonly Protocol[],
  ) {
    this.#gateway = gateway
    this.#tickets = tickets
    this.#port = port
    this.#sides = protocols.map((protocol) => ({ protocol, mapped: undefined, at: now, wait: FIRST_RETRY }))
    this.#seat = rounds.seat(this)
    this.tick(now)
    this.#seat.touch()
  }

  get mapped(): Mapped {
    const [tcp, udp] = (['tcp', 'udp'] as const).map((protocol) => {
      return this.#sides.find((side) => side.protocol === protocol)?.mapped
    })
    return { tcp: tcp?.port, udp: udp?.port, address: tcp?.address ?? udp?.address }
  }

  tick(now: Micros): void {
    for (const side of this.#sides) if (now >= side.at) this.#ask(side)
  }

  nextDeadline(): Micros {
    return Math.min(NEVER, ...this.#sides.map(({ at }) => at))
  }

  /** Takes back what was mapped, and what is being. */
  stop(): void {
    this.#stopped = true
    this.#seat.forget()
    this.#gateway.unmap(this.#tickets.issue(() => {}))
  }

  #ask(side: Side): void {
    side.at = NEVER
    const ticket = this.#tickets.issue((now, value, failure) => {
      if (this.#stopped) return
      if (failure === undefined) {
        side.mapped = value as MappedPort
        side.wait = FIRST_RETRY
        const { lifetime } = side.mapped
        side.at = now + (lifetime === 0 ? LONGEST : Math.min(Math.max(SHORTEST, lifetime / 2), LONGEST))
      } else {
        side.mapped = undefined
        side.at = now + side.wait
        side.wait = Math.min(2 * side.wait, LONGEST_RETRY)
      }
      this.#seat.touch()
    })
    this.#gateway.map(ticket, side.protocol, this.#port, side.mapped?.port ?? this.#port)
  }
}
