import type { Address } from '../../src/core/address.ts'
import type { Micros } from '../../src/core/time.ts'
import type { DhtPolicies, Handover } from '../../src/dht/dht-init.ts'
import { DhtNode } from '../../src/dht/dht-node.ts'
import type { LookupObserver, LookupRequest } from '../../src/dht/lookup/lookup-request.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import type { Ports } from '../../src/session/ports.ts'
import { BareMachine } from '../adversaries/bare-machine.ts'

const SOCKET = 1
const BINDING = 1

/**
 * The DHT node that people run, without a session around it, listening from the moment it is made: it may come into being
 * because a datagram is on its way to it.
 */
export class DhtMachine extends BareMachine {
  readonly #node: DhtNode
  readonly #clock: Ports['clock']

  constructor(
    now: Micros,
    ports: Ports,
    address: Address,
    options: DhtOptions,
    handover: Handover,
    policies: DhtPolicies = {},
  ) {
    super()
    const { clock, udp, random, crypto } = ports
    this.#clock = clock
    udp.bind(BINDING, SOCKET, address.host, address.port)
    this.#node = new DhtNode({
      now,
      family: 4,
      ownAddress: address,
      id: handover.id,
      secret: random.secret,
      dice: random.dice,
      crypto,
      options,
      policies,
      effects: {
        reserve: (length) => udp.reserve(length),
        send: (to, datagram) => udp.send(SOCKET, to, datagram),
        event: () => {},
      },
    })
    this.#node.resume(now, handover)
  }

  override start(): void {
    this.#settle()
  }

  override timer(now: Micros): void {
    this.#node.tick(now)
    this.#settle()
  }

  override datagram(now: Micros, _socket: number, from: Address, bytes: Uint8Array): void {
    this.#node.receive(now, from, bytes)
    this.#settle()
  }

  lookup(now: Micros, request: LookupRequest, observer: LookupObserver): void {
    this.#node.lookup(now, request, observer)
    this.#settle()
  }

  #settle(): void {
    this.#clock.wakeAt(this.#node.nextDeadline())
  }
}
