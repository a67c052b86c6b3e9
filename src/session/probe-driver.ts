import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import { Probe } from '../probe/probe.ts'
import type { ProbeOptions } from '../probe/probe-options.ts'
import type { RuleResult, Score } from '../probe/score.ts'
import { SOURCE_NAMES, type SourceName } from '../probe/sources.ts'
import type { Failure, Handle, Inputs, Outcome, Ports, Ticket } from './ports.ts'
import { resolveHost } from './resolve-host.ts'
import { Tickets } from './tickets.ts'

export type { ProbeOptions } from '../probe/probe-options.ts'
export type { RuleResult, Score, Tally, Verdict } from '../probe/score.ts'

export type ProbeEvent =
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'rule'; readonly result: RuleResult }
  /** The end: a score, or nobody has answered. */
  | { readonly kind: 'done'; readonly target: Address; readonly score: Score | undefined }
  /** The end: it could not begin. */
  | { readonly kind: 'failed'; readonly failure: Failure }

export interface ProbeDriverInit {
  readonly ports: Ports
  readonly host: string
  readonly port: number
  /** Literal local addresses to ask from; none: as many of loopback as help, else whatever the system chooses. */
  readonly bind: readonly string[]
  readonly options: Partial<ProbeOptions>
  emit(event: ProbeEvent): void
}

/** Which of the local addresses a source has, as far as there are so many. */
const PLACE: Readonly<Record<SourceName, number>> = {
  main: 0,
  port: 0,
  other: 1,
  friend: 2,
  reader: 0,
  crowd: 0,
}

const LOOPBACK = ['127.0.0.1', '127.0.0.2', '127.0.0.3']

/** Runs a probe on a host of its own: finds the node's address, binds a socket for each source, and lets it ask. */
export class ProbeDriver implements Inputs {
  readonly #init: ProbeDriverInit
  readonly #tickets = new Tickets()
  /** By handle: their numbers are those of the names, from 1. */
  readonly #bound = new Map<SourceName, Address>()
  #target: Address | undefined
  #probe: Probe | undefined
  #over = false

  constructor(init: ProbeDriverInit) {
    this.#init = init
  }

  start(now: Micros): void {
    const { ports, host, port } = this.#init
    resolveHost(now, { ports, tickets: this.#tickets }, host, port, (at, addresses) => {
      this.#target = addresses.find(({ family, usable }) => usable && this.#locals(family).length > 0)
      if (this.#target === undefined) {
        const message = `${host} has no address that can be asked from here.`
        this.#fail({ code: 'network/no-address', message })
      } else this.#bind(at, 0, 0)
    })
  }

  timer(now: Micros): void {
    this.#probe?.tick(now)
    this.#remind()
  }

  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void {
    this.#probe?.receive(now, SOURCE_NAMES[socket - 1]!, from, bytes)
    this.#remind()
  }

  completed(now: Micros, ticket: Ticket, outcome: Outcome): void {
    this.#tickets.complete(now, ticket, outcome)
    this.#remind()
  }

  accepted(): void {}
  connected(): void {}
  chunk(): void {}
  sent(): void {}
  streamClosed(): void {}
  command(): void {}

  /** Local addresses of that family to ask from. */
  #locals(family: 4 | 6): readonly string[] {
    const { bind } = this.#init
    if (bind.length > 0) return bind.filter((host) => host.includes(':') === (family === 6))
    if (family === 6) return ['::']
    return this.#target?.scope === 'loopback' ? LOOPBACK : ['0.0.0.0']
  }

  /** Binds the source of that number; `lack`: so many of its local addresses turned out not to be there. */
  #bind(now: Micros, index: number, lack: number): void {
    const name = SOURCE_NAMES[index]
    if (name === undefined) {
      this.#begin(now)
      return
    }
    const { ports } = this.#init
    const locals = this.#locals(this.#target!.family)
    const place = Math.max(0, Math.min(PLACE[name], locals.length - 1) - lack)
    const ticket = this.#tickets.issue((at, value, failure) => {
      if (failure === undefined) {
        this.#bound.set(name, value as Address)
        this.#init.emit({ kind: 'listening', address: value as Address })
        this.#bind(at, index + 1, 0)
      } else if (place > 0) this.#bind(at, index, lack + 1)
      else this.#fail(failure)
    })
    ports.udp.bind(ticket, index + 1, locals[place]!, 0)
  }

  #begin(now: Micros): void {
    const { ports, options, emit } = this.#init
    const target = this.#target!
    this.#probe = new Probe({
      now,
      target,
      sources: this.#bound,
      rng: ports.random.secret,
      crypto: ports.crypto,
      options,
      effects: {
        send: (source, bytes) => {
          const room = ports.udp.reserve(bytes.length).subarray(0, bytes.length)
          room.set(bytes)
          ports.udp.send(SOURCE_NAMES.indexOf(source) + 1, target, room)
        },
        result: (result) => emit({ kind: 'rule', result }),
        done: (score) => this.#end({ kind: 'done', target, score }),
      },
    })
  }

  #fail(failure: Failure): void {
    this.#end({ kind: 'failed', failure })
  }

  #end(event: ProbeEvent): void {
    this.#over = true
    this.#init.emit(event)
  }

  #remind(): void {
    if (this.#probe !== undefined && !this.#over) this.#init.ports.clock.wakeAt(this.#probe.nextDeadline())
  }
}
