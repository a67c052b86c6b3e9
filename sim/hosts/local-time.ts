import type { Address } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Command } from '../../src/session/commands.ts'
import type { Handle, Inputs, Outcome, StreamId, Ticket } from '../../src/session/ports.ts'
import type { Clock } from './clock.ts'

/** Hands a machine its inputs with the time that its host's clock shows. Only hosts whose clock drifts have one. */
export class LocalTime implements Inputs {
  readonly #machine: Inputs
  readonly #clock: Clock

  constructor(machine: Inputs, clock: Clock) {
    this.#machine = machine
    this.#clock = clock
  }

  timer(now: Micros): void {
    this.#machine.timer(this.#clock.local(now))
  }

  datagram(now: Micros, socket: Handle, from: Address, bytes: Uint8Array): void {
    this.#machine.datagram(this.#clock.local(now), socket, from, bytes)
  }

  accepted(now: Micros, listener: Handle, stream: StreamId, from: Address): void {
    this.#machine.accepted(this.#clock.local(now), listener, stream, from)
  }

  connected(now: Micros, stream: StreamId): void {
    this.#machine.connected(this.#clock.local(now), stream)
  }

  chunk(now: Micros, stream: StreamId, views: readonly Uint8Array[]): void {
    this.#machine.chunk(this.#clock.local(now), stream, views)
  }

  sent(now: Micros, stream: StreamId, bytes: number): void {
    this.#machine.sent(this.#clock.local(now), stream, bytes)
  }

  streamClosed(now: Micros, stream: StreamId, reason: ErrorCode): void {
    this.#machine.streamClosed(this.#clock.local(now), stream, reason)
  }

  completed(now: Micros, ticket: Ticket, outcome: Outcome): void {
    this.#machine.completed(this.#clock.local(now), ticket, outcome)
  }

  command(now: Micros, command: Command): void {
    this.#machine.command(this.#clock.local(now), command)
  }
}
