import { type Micros, SECOND } from '../../src/core/time.ts'
import { registerAnswers } from '../engine/answers.ts'
import { streamFor } from '../engine/rng.ts'
import { type QueueName, Scheduler } from '../engine/scheduler.ts'
import { Trace } from '../engine/trace.ts'
import { boxHostOf, hostOf, hostOf6 } from '../network/addresses.ts'
import type { Position } from '../network/latency.ts'
import type { LinkRates } from '../network/links.ts'
import { NatBox, type NatOptions } from '../network/nat-box.ts'
import { Network, type NetworkOptions } from '../network/network.ts'
import { StreamFabric, type TcpModel } from '../network/stream-fabric.ts'
import { UdpFabric } from '../network/udp-fabric.ts'
import type { ClockInit } from './clock.ts'
import type { DiskFaults } from './disk.ts'
import { type Ground, SimHost, WORLD } from './sim-host.ts'

export interface WorldInit {
  /** A whole number from 0 to 2^53; the run is a function of it. */
  readonly seed: number
  readonly network?: Partial<NetworkOptions>
  /** What holds the pending events; the run is the same with each. */
  readonly queue?: QueueName
  /** How streams move their bytes; default: as flows. */
  readonly tcp?: TcpModel
}

export interface HostInit {
  /** Default: drawn at random. */
  readonly position?: Position
  /** Default: no limit. */
  readonly rates?: LinkRates
  /** A literal global address that no other host has, for those that must share a subnet. Default: a /24 of its own. */
  readonly host?: string
  /** Of which families it has an address. Default: 4. */
  readonly family?: 4 | 6 | 'both'
  /** The box that translates its IPv4 address, which is then a private one; the host lies where the box lies. */
  readonly nat?: NatBox
  /** How its clocks differ from the world's. Default: not at all. */
  readonly clock?: ClockInit
  /** How its disk differs from a sound one. */
  readonly disk?: Partial<DiskFaults>
  /** Bytes a second at which payload leaves each stream, and what comes after it (slow-loris). Default: at once. */
  readonly trickle?: number
}

export interface NatInit extends Partial<NatOptions> {
  /** The box before it: a carrier's. */
  readonly behind?: NatBox
  /** Default: drawn at random, or where the box before it lies. */
  readonly position?: Position
}

const UNLIMITED: LinkRates = { up: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY }

/** Hosts, the network between them, and the virtual time in which all of it happens. */
export class World {
  readonly scheduler: Scheduler
  /** The last events of chosen hosts, once it is told to follow them. */
  readonly trace: Trace
  readonly network: Network
  readonly udp: UdpFabric
  readonly streams: StreamFabric
  readonly names: Map<string, readonly string[]> = new Map()
  readonly hosts: SimHost[] = []
  readonly boxes: NatBox[] = []
  readonly seed: number
  readonly #ground: Ground
  readonly #call: number

  constructor({ seed, network = {}, queue = 'wheel', tcp = 'flow' }: WorldInit) {
    this.seed = seed
    this.scheduler = new Scheduler(queue)
    this.trace = new Trace(this.scheduler)
    this.network = new Network(this.scheduler, network)
    this.udp = new UdpFabric(this.scheduler, this.network)
    this.streams = new StreamFabric(this.scheduler, this.network, tcp)
    this.#call = this.scheduler.register('call', (_destination, _value, action) => (action as () => void)())
    const timer = this.scheduler.register('timer', (index) => this.hosts[index - 1]!.timer())
    const answer = registerAnswers(this.scheduler)
    this.#ground = {
      seed,
      scheduler: this.scheduler,
      network: this.network,
      udp: this.udp,
      streams: this.streams,
      names: this.names,
      kinds: { answer, timer, call: this.#call },
    }
  }

  get now(): Micros {
    return this.scheduler.now
  }

  addHost({ position, rates = UNLIMITED, host: own, family = 4, nat, ...others }: HostInit = {}): SimHost {
    const index = this.hosts.length + 1
    // A stream for each, so that one host more moves no other.
    const drawn = position ?? this.network.placeAtRandom(streamFor(this.seed, index, 'place'))
    const place =
      position === undefined && nat !== undefined ? { ...nat.position, height: drawn.height } : drawn
    const hosts: string[] = []
    if (own !== undefined) hosts.push(own)
    else {
      if (family !== 6) hosts.push(nat?.nextHost() ?? hostOf(index))
      if (family !== 4) hosts.push(hostOf6(index))
    }
    const host = new SimHost(this.#ground, index, { ...others, hosts, nat, position: place, rates })
    this.hosts.push(host)
    this.network.add(host)
    for (const { second, byMs } of others.clock?.jumps ?? []) {
      this.at(Math.floor(second * SECOND), () => host.clock.jump(byMs))
    }
    return host
  }

  /** A network address translator; hosts are put behind it by `addHost`. */
  addNat({ behind, position, ...options }: NatInit = {}): NatBox {
    const index = this.boxes.length
    const drawn = this.network.placeAtRandom(streamFor(this.seed, index, 'nat'))
    const place = position ?? behind?.position ?? { ...drawn, height: 0 }
    const host = behind?.nextHost() ?? boxHostOf(index)
    const box = new NatBox(index, host, place, behind, options)
    this.boxes.push(box)
    this.network.add(box)
    return box
  }

  /** Does something to the world at `at`, as an event of its own. */
  at(at: Micros, action: () => void): void {
    this.scheduler.schedule(at, WORLD, WORLD, this.#call, 0, action)
  }

  /**
   * Runs until `until`, or until `done` holds, which is asked before each event: true when it held. It ends early, and so
   * does every later run, with the event of the number `scheduler.lastEvent`.
   * `each` is called once per virtual second.
   */
  run(until: Micros, done: () => boolean = () => false, each: () => void = () => {}): boolean {
    let second = Math.floor(this.now / SECOND)
    while (!done()) {
      if (!this.scheduler.step(until)) {
        this.scheduler.runUntil(until)
        return done()
      }
      const current = Math.floor(this.now / SECOND)
      if (current !== second) {
        second = current
        each()
      }
    }
    return true
  }
}
