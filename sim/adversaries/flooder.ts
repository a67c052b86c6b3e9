import { decodeKrpc } from '../../src/codec/krpc.ts'
import { writeQuery } from '../../src/codec/krpc-writer.ts'
import type { Address } from '../../src/core/address.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { Handle, Ports } from '../../src/session/ports.ts'
import type { SimHost } from '../hosts/sim-host.ts'
import { BareMachine } from './bare-machine.ts'

export interface FloodInit {
  /** Who is flooded, in turn. */
  readonly targets: readonly Address[]
  /** Datagrams a second, to all of them together. */
  readonly perSecond: number
  /** `announce_peer` carries a token that nobody issued. */
  readonly method: 'ping' | 'find_node' | 'get_peers' | 'announce_peer'
  /** The hash asked for or announced; default: another each time. */
  readonly infoHash?: Id
  /** Puts a datagram onto the network that bears `from` as its source; with `sources`, all leave like that. */
  readonly forge?: (from: Address, to: Address, datagram: Uint8Array) => void
  /** Whom the datagrams pretend to come from, one by lot each; the answers go there. */
  readonly sources?: readonly Address[]
}

const SOCKET: Handle = 1
const ROOM = 1_500
/** Sends what is due so often. */
const PACE: Micros = 10 * MILLISECOND
const TOKEN_LENGTH = 8

/** Floods nodes with queries at a constant rate, and counts what it gets for them. Starts at `at`, ends with its host. */
export function bootFlooder(host: SimHost, at: Micros, init: FloodInit): Flooder {
  return host.boot(at, (ports) => new Flooder(ports, host.host, init))
}

export class Flooder extends BareMachine {
  queries = 0
  sentBytes = 0
  /** Answers that came back; of announces: accepted ones. */
  responses = 0
  errors = 0
  receivedBytes = 0
  readonly #ports: Ports
  readonly #host: string
  readonly #init: FloodInit
  #started: Micros = 0

  constructor(ports: Ports, host: string, init: FloodInit) {
    super()
    this.#ports = ports
    this.#host = host
    this.#init = init
  }

  start(now: Micros): void {
    this.#started = now
    this.#ports.udp.bind(1, SOCKET, this.#host, 0)
    this.#ports.clock.wakeAt(now + PACE)
  }

  override timer(now: Micros): void {
    const due = Math.floor(((now - this.#started) / SECOND) * this.#init.perSecond)
    while (this.queries < due) this.#sendOne()
    this.#ports.clock.wakeAt(now + PACE)
  }

  override datagram(_now: Micros, _socket: Handle, _from: Address, bytes: Uint8Array): void {
    this.receivedBytes += bytes.length
    const message = decodeKrpc(bytes)
    if (message?.kind === 'response') this.responses += 1
    else if (message?.kind === 'error') this.errors += 1
  }

  #sendOne(): void {
    const { targets, method, infoHash, sources, forge } = this.#init
    const { udp, random } = this.#ports
    const to = targets[this.queries % targets.length]!
    const transaction = new Uint8Array(4)
    random.dice.fill(transaction)
    const forged = new Uint8Array(TOKEN_LENGTH)
    random.dice.fill(forged)
    const isForged = forge !== undefined && sources !== undefined
    const room = isForged ? new Uint8Array(ROOM) : udp.reserve(ROOM)
    const length = writeQuery(room, {
      method,
      transaction,
      id: randomId(random.dice),
      readOnly: false,
      version: latin1('XX\0\0'),
      ...(method === 'ping' ? {} : { target: infoHash ?? randomId(random.dice) }),
      ...(method === 'announce_peer' ? { token: forged, port: 6881 } : {}),
    })
    const datagram = room.subarray(0, length)
    this.queries += 1
    this.sentBytes += length
    if (isForged) forge(sources[below(random.dice, sources.length)]!, to, datagram)
    else udp.send(SOCKET, to, datagram)
  }
}
