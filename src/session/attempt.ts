import type { Address } from '../core/address.ts'
import type { ErrorCode } from '../core/errors.ts'
import { type Micros, NEVER, SECOND } from '../core/time.ts'
import type { Rounds } from './rounds.ts'
import type { Machine, Seat } from './seat.ts'
import type { Stream, StreamReader } from './stream.ts'

/** Most who refuse TCP are not there at all, and hold a place among the dials: uTP alone is given so long. */
const ALONE: Micros = 3 * SECOND

export type Carrier = 'tcp' | 'utp'

/** Begins to dial; `undefined`: it cannot be tried. */
export interface Ways {
  tcp(to: Address): Stream
  utp(now: Micros, to: Address): Stream | undefined
}

/** A stream that is being dialled in one way, or in two of which the second begins later, or as soon as the first has failed. */
export class Attempt implements Stream, Machine {
  #reader: StreamReader | undefined
  readonly #ways: Ways
  readonly #to: Address
  readonly #ended: (carrier: Carrier, spoke: boolean) => void
  readonly #seat: Seat
  /** What is being tried, and what is still to be. */
  readonly #runners = new Map<Carrier, Stream>()
  readonly #left: Carrier[]
  #winner: Stream | undefined
  #nextAt: Micros
  #giveUpAt: Micros = NEVER
  /** Why the first of them failed. */
  #reason: ErrorCode | undefined

  /** `ended`: told which way opened, and whether the remote said anything by it: some accept what they do not take. */
  constructor(
    rounds: Rounds,
    ways: Ways,
    to: Address,
    order: readonly Carrier[],
    now: Micros,
    headStart: Micros,
    ended: (carrier: Carrier, spoke: boolean) => void,
  ) {
    this.#ways = ways
    this.#to = to
    this.#ended = ended
    this.#left = [...order]
    this.#nextAt = now + headStart
    this.#seat = rounds.seat(this)
    this.#begin(now)
    this.#seat.touch()
  }

  get reader(): StreamReader | undefined {
    return this.#reader
  }

  set reader(reader: StreamReader | undefined) {
    const told = this.#winner
    if (told !== undefined && told.reader === this.#reader) told.reader = reader
    this.#reader = reader
  }

  get overUtp(): boolean {
    return this.#winner?.overUtp === true
  }

  tick(now: Micros): void {
    if (this.#left.length > 0 && now >= this.#nextAt) this.#begin(now)
    if (now >= this.#giveUpAt) this.#failed(now)
  }

  nextDeadline(): Micros {
    return Math.min(this.#left.length > 0 ? this.#nextAt : NEVER, this.#giveUpAt)
  }

  /** Where nothing can be tried it ends, but not within the call that dialled. */
  settle(now: Micros): void {
    if (this.#winner === undefined && this.#runners.size === 0 && this.#left.length === 0) this.#failed(now)
  }

  reserve(length: number): Uint8Array {
    return this.#winner!.reserve(length)
  }

  send(view: Uint8Array): void {
    this.#winner!.send(view)
  }

  flush(): void {
    this.#winner?.flush()
  }

  pause(): void {
    this.#winner?.pause()
  }

  resume(): void {
    this.#winner?.resume()
  }

  close(now: boolean): void {
    this.#end()
    this.#winner?.close(now)
  }

  #begin(now: Micros): void {
    for (let carrier = this.#left.shift(); carrier !== undefined; carrier = this.#left.shift()) {
      const stream = carrier === 'tcp' ? this.#ways.tcp(this.#to) : this.#ways.utp(now, this.#to)
      if (stream === undefined) continue
      stream.reader = this.#readerOf(carrier, stream)
      this.#runners.set(carrier, stream)
      return
    }
  }

  #readerOf(carrier: Carrier, stream: Stream): StreamReader {
    return {
      opened: (now) => this.#won(now, carrier, stream),
      received: (now, views) => {
        // From here on the stream tells its reader itself.
        stream.reader = this.#reader
        this.#ended(carrier, true)
        this.#reader?.received(now, views)
      },
      sent: (now, bytes) => this.#reader?.sent(now, bytes),
      ended: (now, reason) => {
        if (this.#winner === undefined) this.#lost(now, carrier, reason)
        else {
          this.#ended(carrier, false)
          this.#reader?.ended(now, reason)
        }
      },
    }
  }

  /** Nothing had been said on the other. */
  #won(now: Micros, carrier: Carrier, stream: Stream): void {
    this.#runners.delete(carrier)
    this.#end()
    this.#winner = stream
    this.#reader?.opened(now)
  }

  #lost(now: Micros, carrier: Carrier, reason: ErrorCode): void {
    this.#runners.delete(carrier)
    this.#reason ??= reason
    if (this.#left.length > 0) this.#begin(now)
    if (this.#runners.size === 0) this.#failed(now)
    else if (carrier === 'tcp') this.#giveUpAt = now + ALONE
    this.#seat.touch()
  }

  #failed(now: Micros): void {
    this.#end()
    const reader = this.#reader
    this.#reader = undefined
    reader?.ended(now, this.#reason ?? 'network/failed')
  }

  /** Nothing is tried any more. */
  #end(): void {
    this.#seat.forget()
    this.#left.length = 0
    this.#giveUpAt = NEVER
    for (const stream of this.#runners.values()) stream.close(true)
    this.#runners.clear()
  }
}
