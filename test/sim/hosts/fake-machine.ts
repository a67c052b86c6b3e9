import type { Machine } from '../../../sim/hosts/sim-host.ts'
import type { Address } from '../../../src/core/address.ts'
import type { ErrorCode } from '../../../src/core/errors.ts'
import type { Micros } from '../../../src/core/time.ts'
import type { Command } from '../../../src/session/commands.ts'
import type { Handle, Outcome, Ports, StreamId, Ticket } from '../../../src/session/ports.ts'

/** Notes every input with its time, checks that none comes inside another, and reacts as a test tells it. */
export class FakeMachine implements Machine {
  readonly ports: Ports
  readonly log: string[] = []
  readonly outcomes = new Map<Ticket, Outcome>()
  /** Bytes that came on each stream, joined. */
  readonly received = new Map<StreamId, number[]>()
  readonly times: Micros[] = []
  onStart: (now: Micros) => void = () => {}
  onTimer: (now: Micros) => void = () => {}
  onDatagram: (now: Micros, socket: Handle, from: Address, bytes: Uint8Array) => void = () => {}
  onAccepted: (now: Micros, stream: StreamId, from: Address) => void = () => {}
  onConnected: (now: Micros, stream: StreamId) => void = () => {}
  onChunk: (now: Micros, stream: StreamId, views: readonly Uint8Array[]) => void = () => {}
  onSent: (now: Micros, stream: StreamId, bytes: number) => void = () => {}
  #inside = false

  constructor(ports: Ports) {
    this.ports = ports
  }

  start(now: Micros): void {
    this.#input(now, 'start', () => this.onStart(now))
  }

  timer(now: Micros): void {
    this.#input(now, 'timer', () => this.onTimer(now))
  }

  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void {
    this.#input(now, `datagram ${from.text} ${bytes.length}`, () => this.onDatagram(now, socket, from, bytes))
  }

  accepted(now: Micros, listener: Handle, stream: StreamId, from: Address): void {
    this.#input(now, `accepted ${listener} ${stream}`, () => this.onAccepted(now, stream, from))
  }

  connected(now: Micros, stream: StreamId): void {
    this.#input(now, `connected ${stream}`, () => this.onConnected(now, stream))
  }

  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void {
    const all = this.received.get(stream) ?? []
    this.received.set(stream, all)
    for (const view of views) for (const byte of view) all.push(byte)
    const lengths = views.map(({ length }) => length)
    this.#input(now, `chunk ${stream} ${lengths.join(' ')}`, () => this.onChunk(now, stream, views))
  }

  sent(now: Micros, stream: StreamId, bytes: number): void {
    this.#input(now, `sent ${stream} ${bytes}`, () => this.onSent(now, stream, bytes))
  }

  streamClosed(now: Micros, stream: StreamId, reason: ErrorCode): void {
    this.#input(now, `closed ${stream} ${reason}`, () => {})
  }

  completed(now: Micros, ticket: Ticket, outcome: Outcome): void {
    this.outcomes.set(ticket, outcome)
    this.#input(now, `completed ${ticket} ${outcome.ok ? 'ok' : outcome.failure.code}`, () => {})
  }

  command(now: Micros, command: Command): void {
    this.#input(now, `command ${command.kind}`, () => {})
  }

  /** The value of a ticket that went well. */
  value(ticket: Ticket): unknown {
    const outcome = this.outcomes.get(ticket)
    if (outcome?.ok !== true) throw new Error(`ticket ${ticket} did not go well`)
    return outcome.value
  }

  #input(now: Micros, what: string, react: () => void): void {
    if (this.#inside) throw new Error(`${what} came inside another input`)
    this.log.push(what)
    this.times.push(now)
    this.#inside = true
    react()
    this.#inside = false
  }
}
