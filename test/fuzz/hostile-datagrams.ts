import assert from 'node:assert/strict'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { copyBytes, readUint16, toHex, writeUint16 } from '../../src/core/bytes.ts'
import { Credit } from '../../src/core/credit.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { UtpConnection } from '../../src/utp/connection.ts'
import { seqPlus } from '../../src/utp/sequence.ts'
import { UtpSocket } from '../../src/utp/utp-socket.ts'
import { dice } from '../support/dice.ts'
import { type Mutation, mutate } from '../support/mutate.ts'
import type { FuzzTarget } from './target.ts'

const MOST_CONNECTIONS = 12
const MEMORY = 256 * 1024
/** Packets of honest connections that mutants are made of. */
const REMEMBERED = 64

/** Another type, another extension, or a number near the one that is there: what a packet must have to be looked into at all. */
const FIELDS: readonly Mutation[] = [
  (bytes, rng) => changed(bytes, 0, (below(rng, 5) << 4) | 1),
  (bytes, rng) => changed(bytes, 1, [0, 1, 2, 0x4c, 0x50][below(rng, 5)]!),
  (bytes, rng) => nudged(bytes, 2, below(rng, 5) - 2),
  (bytes, rng) => nudged(bytes, 16, below(rng, 9) - 4),
  (bytes, rng) => nudged(bytes, 18, below(rng, 9) - 4),
  (bytes, rng) => changed(bytes, 14, below(rng, 256)),
]

interface Side {
  readonly socket: UtpSocket
  readonly address: Address
  readonly credit: Credit
}

/**
 * Two uTP sockets that talk, and somebody between them who changes what they say, sends it twice, later, or from elsewhere. Nothing is
 * thrown, no cap is passed, and deadlines lie ahead.
 */
export class HostileDatagrams implements FuzzTarget {
  fed = 0
  #opened = 0
  #delivered = 0
  #now: Micros = SECOND
  readonly #rng: Rng
  readonly #sides: readonly [Side, Side]
  readonly #wire: { readonly to: Side; readonly from: Address; readonly bytes: Uint8Array }[] = []
  readonly #seen: Uint8Array[] = []
  readonly #strangers: readonly Address[]

  constructor(seed: number) {
    this.#rng = dice(seed)
    this.#sides = [this.#side('11.0.0.1', 0), this.#side('12.0.0.1', 1)]
    this.#strangers = Array.from({ length: 40 }, (_, i) => parseAddress(`13.0.0.${i}`, 1 + i)!)
  }

  step(clock: () => void = () => {}): void {
    this.fed += 1
    const rng = this.#rng
    this.#now += below(rng, 8) === 0 ? below(rng, 2 * SECOND) : below(rng, 5 * MILLISECOND)
    this.#talk()
    // What is under way arrives, some of it.
    for (let count = below(rng, 6); count > 0 && this.#wire.length > 0; count--) {
      const { to, from, bytes } = this.#wire.splice(below(rng, Math.min(4, this.#wire.length)), 1)[0]!
      this.#seen[below(rng, REMEMBERED)] = copyBytes(bytes)
      if (below(rng, 10) > 0) this.#give(to, from, bytes)
    }
    const to = this.#sides[below(rng, 2)]!
    const other = this.#sides[to === this.#sides[0] ? 1 : 0]
    const from = below(rng, 3) === 0 ? this.#strangers[below(rng, this.#strangers.length)]! : other.address
    const [model, partner] = [this.#remembered(), this.#remembered()]
    const mutant = copyBytes(below(rng, 6) === 0 ? model : mutate(model, partner, rng, FIELDS))
    const text = toHex(mutant.subarray(0, 200))
    try {
      clock()
      this.#give(to, from, mutant)
    } catch (error) {
      throw new Error(`${String(error)} at ${text}`, { cause: error })
    } finally {
      clock()
    }
    for (const side of this.#sides) this.#check(side)
  }

  summary(): string {
    const counts = this.#sides.map(({ socket }) =>
      [...socket.counters.dropped.values()].reduce((a, b) => a + b, 0),
    )
    return `uTP: ${this.#opened} opened, ${this.#delivered} bytes delivered, ${counts.join(' and ')} packets dropped`
  }

  #remembered(): Uint8Array {
    return this.#seen[below(this.#rng, REMEMBERED)] ?? Uint8Array.of(0x41, ...new Uint8Array(19))
  }

  #side(host: string, index: number): Side {
    const address = parseAddress(host, 1000)!
    const credit = new Credit(MEMORY)
    const socket = new UtpSocket({
      now: this.#now,
      secret: dice(7 + index),
      accepts: true,
      mostConnections: MOST_CONNECTIONS,
      credit,
      effects: {
        reserve: (length) => new Uint8Array(length),
        send: (to, datagram) => this.#send(address, to, datagram),
        accepted: (connection) => this.#adopt(connection),
        touch: () => {},
      },
    })
    return { socket, address, credit }
  }

  #send(from: Address, to: Address, datagram: Uint8Array): void {
    const target = this.#sides.find(({ address }) => address === to)
    if (target !== undefined && this.#wire.length < 200) {
      this.#wire.push({ to: target, from, bytes: copyBytes(datagram) })
    }
  }

  #adopt(connection: UtpConnection): void {
    this.#opened += 1
    connection.reader = {
      opened: () => {},
      received: (_now, views) => {
        for (const view of views) this.#delivered += view.length
        const fate = below(this.#rng, 400)
        if (fate < 2) connection.close(fate === 0)
        else if (fate < 6) connection.pause()
        else if (fate < 20) connection.resume()
        else if (fate < 60) {
          connection.send(new Uint8Array(below(this.#rng, 4_000)))
          connection.flush()
        }
      },
      sent: () => {},
      ended: () => {},
    }
  }

  /** Somebody dials, or time has passed. */
  #talk(): void {
    const [one, other] = this.#sides
    if (below(this.#rng, 20) === 0) {
      one.socket.now = this.#now
      const connection = one.socket.dial(this.#now, other.address)
      if (connection !== undefined) {
        this.#adopt(connection)
        connection.send(new Uint8Array(1 + below(this.#rng, 20_000)))
        connection.flush()
      }
    }
    for (const { socket } of this.#sides) {
      if (socket.nextDeadline() <= this.#now) socket.tick(this.#now)
      socket.settle(this.#now)
    }
  }

  #give({ socket }: Side, from: Address, bytes: Uint8Array): void {
    socket.receive(this.#now, from, bytes)
    bytes.fill(0xee)
    socket.settle(this.#now)
  }

  #check({ socket, credit }: Side): void {
    assert.ok(socket.size <= MOST_CONNECTIONS)
    assert.ok(credit.drawn >= 0 && credit.drawn <= MEMORY)
    assert.ok(socket.nextDeadline() > this.#now, 'a socket stays due')
  }
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = copyBytes(bytes)
  if (at < copy.length) copy[at] = value
  return copy
}

/** The number of 16 bits at `at`, moved by some steps. */
function nudged(bytes: Uint8Array, at: number, steps: number): Uint8Array {
  if (bytes.length < at + 2) return bytes
  const copy = copyBytes(bytes)
  writeUint16(copy, at, seqPlus(readUint16(copy, at), steps))
  return copy
}
