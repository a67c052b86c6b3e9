import { HANDSHAKE_LENGTH, reservedOf, writeHandshake } from '../../src/codec/wire.ts'
import type { Address } from '../../src/core/address.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Ports, StreamId } from '../../src/session/ports.ts'
import type { SimHost } from '../hosts/sim-host.ts'
import { BareMachine } from './bare-machine.ts'

export interface HalfOpenInit {
  /** Peers that are dialled. */
  readonly targets: readonly Address[]
  /** Streams that it tries to keep open to each. */
  readonly perTarget: number
  readonly infoHash: Id
  /** Bytes of the handshake that are sent before it falls silent: 0 to 67, 68 for the whole of it, or 73 with a word of interest after it. */
  readonly bytes: number
  /** Its first dials are spread over so long, `REDIAL` at most: a steady stream of them instead of a burst each second. */
  readonly spread?: Micros
}

/** A stream that was closed is dialled again after this long. */
const REDIAL: Micros = SECOND

/** An `interested` (BEP 3). */
const INTERESTED = [0, 0, 0, 1, 2]

/** Opens streams and begins handshakes that it never ends, or says nothing after them, to hold places. Starts at `at`, ends with its host. */
export function bootHalfOpen(host: SimHost, at: Micros, init: HalfOpenInit): HalfOpen {
  return host.boot(at, (ports) => new HalfOpen(ports, init))
}

class HalfOpen extends BareMachine {
  /** Streams that are open now, and the most that were at once. */
  open = 0
  mostOpen = 0
  /** Dials made; streams that were open and were closed by the target. */
  dialled = 0
  closed = 0
  /** Streams on which the target has said something. */
  greeted = 0
  readonly #ports: Ports
  readonly #init: HalfOpenInit
  /** Under way or open, with whom and since when (`undefined`: not yet open). */
  readonly #streams = new Map<
    StreamId,
    { readonly to: Address; openSince: Micros | undefined; greeted?: true }
  >()
  /** In the order of their time. */
  readonly #redials: { readonly to: Address; readonly at: Micros }[] = []
  /** How long open streams were held, all together. */
  heldFor: Micros = 0

  constructor(ports: Ports, init: HalfOpenInit) {
    super()
    this.#ports = ports
    this.#init = init
  }

  start(now: Micros): void {
    const { targets, perTarget, spread = 0 } = this.#init
    for (let i = 0; i < perTarget; i++) {
      const at = now + Math.floor((i * spread) / perTarget)
      for (const to of targets) this.#redials.push({ to, at })
    }
    this.timer(now)
  }

  override timer(now: Micros): void {
    while (this.#redials.length > 0 && this.#redials[0]!.at <= now) this.#dial(this.#redials.shift()!.to)
    this.#wake()
  }

  override connected(now: Micros, stream: StreamId): void {
    const held = this.#streams.get(stream)
    if (held === undefined) return
    held.openSince = now
    this.open += 1
    this.mostOpen = Math.max(this.mostOpen, this.open)
    const handshake = new Uint8Array(HANDSHAKE_LENGTH + INTERESTED.length)
    handshake.set(INTERESTED, HANDSHAKE_LENGTH)
    const reserved = reservedOf({ extended: true, fast: true, dht: false })
    const peerId = randomId(this.#ports.random.dice)
    writeHandshake(handshake, 0, { reserved, infoHash: this.#init.infoHash, peerId })
    const begun = handshake.subarray(0, this.#init.bytes)
    if (begun.length === 0) return
    this.#ports.streams.reserve(stream, begun.length).set(begun)
    this.#ports.streams.flush(stream)
  }

  override chunk(_now: Micros, stream: StreamId): void {
    const held = this.#streams.get(stream)
    if (held === undefined || held.greeted) return
    held.greeted = true
    this.greeted += 1
  }

  override streamClosed(now: Micros, stream: StreamId): void {
    const held = this.#streams.get(stream)
    if (held === undefined) return
    this.#streams.delete(stream)
    if (held.openSince !== undefined) {
      this.open -= 1
      this.closed += 1
      this.heldFor += now - held.openSince
    }
    this.#redials.push({ to: held.to, at: now + REDIAL })
    this.#wake()
  }

  #dial(to: Address): void {
    this.dialled += 1
    const stream: StreamId = 2 * this.dialled
    this.#streams.set(stream, { to, openSince: undefined })
    this.#ports.streams.connect(stream, to, undefined)
  }

  #wake(): void {
    this.#ports.clock.wakeAt(this.#redials[0]?.at ?? Number.POSITIVE_INFINITY)
  }
}
