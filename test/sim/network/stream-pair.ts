import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import type { TcpModel } from '../../../sim/network/stream-fabric.ts'
import { SECOND } from '../../../src/core/time.ts'
import { FakeMachine } from '../hosts/fake-machine.ts'

/** One way between the two hosts of a pair, without jitter. */
export const DELAY = 8_000

export interface StreamPair {
  readonly world: World
  readonly hosts: readonly [SimHost, SimHost]
  /** Dials stream 2. */
  readonly left: FakeMachine
  /** Listens; accepts stream 1. */
  readonly right: FakeMachine
}

export interface StreamPairInit {
  readonly tcp: TcpModel
  readonly seed?: number
  readonly rate?: number
  readonly jitter?: number
  readonly loss?: number
}

/** Two hosts, of which the right one listens. */
export function streamPair({
  tcp,
  seed = 1,
  rate = Number.POSITIVE_INFINITY,
  jitter = 0,
  loss = 0,
}: StreamPairInit): StreamPair {
  const world = new World({ seed, tcp, network: { jitter, loss, detour: 0 } })
  const rates = { up: rate, down: rate }
  const hosts = [
    world.addHost({ rates, position: { x: 0, y: 0, height: 1_000 } }),
    world.addHost({ rates, position: { x: 3_000, y: 4_000, height: 2_000 } }),
  ] as const
  const left = hosts[0].boot(0, (ports) => new FakeMachine(ports))
  const right = hosts[1].boot(0, (ports) => new FakeMachine(ports))
  right.onStart = () => right.ports.streams.listen(1, 1, hosts[1].host, 6881)
  world.run(0)
  return { world, hosts, left, right }
}

/** A pair with an open stream, and nothing in the logs; it is one second, later where dials were lost. */
export function connectedPair(init: StreamPairInit): StreamPair {
  const made = streamPair(init)
  made.left.ports.streams.connect(2, made.hosts[1].address(6881), undefined)
  made.world.run(SECOND)
  const isOpen = (): boolean => made.right.log.includes('accepted 1 1')
  if (!isOpen()) made.world.run(200 * SECOND, isOpen)
  for (const machine of [made.left, made.right]) {
    machine.log.length = 0
    machine.times.length = 0
  }
  return made
}

/** Sends a copy of `bytes`. */
export function write(machine: FakeMachine, stream: number, bytes: Uint8Array): void {
  machine.ports.streams.reserve(stream, bytes.length).set(bytes)
  machine.ports.streams.flush(stream)
}
