import { type Address, parseAddress } from '../../src/core/address.ts'
import { type Micros, NEVER } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { Command } from '../../src/session/commands.ts'
import type { Inputs, Ports, StreamsPort } from '../../src/session/ports.ts'
import { Answers } from '../engine/answers.ts'
import { streamFor } from '../engine/rng.ts'
import type { EventSlot, Scheduler } from '../engine/scheduler.ts'
import type { Network } from '../network/network.ts'
import { Site, type SiteInit } from '../network/site.ts'
import type { StreamFabric } from '../network/stream-fabric.ts'
import { SimStreams } from '../network/streams.ts'
import { SimUdp } from '../network/udp.ts'
import type { UdpFabric } from '../network/udp-fabric.ts'
import { Clock, type ClockInit } from './clock.ts'
import { Disk, type DiskFaults } from './disk.ts'
import { SimHasher } from './hasher.ts'
import { LocalTime } from './local-time.ts'
import { MemoryStorage } from './memory-storage.ts'
import { SimNames } from './names.ts'
import { SimState } from './state.ts'
import { Trickle } from './trickle.ts'

/** What lives on a host: a session, or whatever takes the same inputs. */
export interface Machine extends Inputs {
  start(now: Micros): void
}

/** Where a host lies and what it is made of. */
export interface SimHostInit extends Omit<SiteInit, 'index' | 'noise'> {
  readonly clock?: ClockInit | undefined
  readonly disk?: Partial<DiskFaults> | undefined
  /** Bytes a second at which payload leaves each stream. */
  readonly trickle?: number | undefined
}

/** What all hosts of a world stand on. */
export interface Ground {
  readonly seed: number
  readonly scheduler: Scheduler
  readonly network: Network
  readonly udp: UdpFabric
  readonly streams: StreamFabric
  /** Literal addresses by name. */
  readonly names: ReadonlyMap<string, readonly string[]>
  readonly kinds: { readonly answer: number; readonly timer: number; readonly call: number }
}

/** Source of what the world itself does; hosts are numbered from 1. */
export const WORLD = 0

/** A running machine with what it holds of its host. */
interface Life {
  readonly machine: Machine
  /** The machine, or what tells it the host's own time. */
  readonly inputs: Inputs
  readonly answers: Answers
  readonly udp: SimUdp
  readonly streams: SimStreams
}

/**
 * A host in virtual time: implements the ports, and drives one machine's inputs, each from an event of its own, so that no
 * input ever comes from within a port call.
 */
export class SimHost extends Site {
  readonly disk: Disk
  readonly clock: Clock

  readonly #ground: Ground
  readonly #trickle: number | undefined
  #life: Life | undefined
  #lives = 0
  /** The one timer event, if it is pending. */
  #timer: EventSlot | undefined
  #timerAt: Micros = NEVER
  #wakeAt: Micros = NEVER

  constructor(ground: Ground, index: number, init: SimHostInit) {
    super({ ...init, index, noise: streamFor(ground.seed, index, 'noise') })
    this.#ground = ground
    this.disk = new Disk(init.disk)
    this.clock = new Clock(init.clock)
    this.#trickle = init.trickle
  }

  override get inputs(): Inputs | undefined {
    return this.#life?.inputs
  }

  /** What lives here now. */
  get machine(): Machine | undefined {
    return this.#life?.machine
  }

  /** How many machines have been started here; the running one is the last. */
  get lives(): number {
    return this.#lives
  }

  /** The time that the host's monotonic clock shows, which its machine is told. */
  get now(): Micros {
    return this.clock.local(this.#ground.scheduler.now)
  }

  /** The endpoint of `port` here; others see it so unless a box translates it. */
  address(port: number): Address {
    return parseAddress(this.host, port)!
  }

  /** Starts a machine at `at`; what the host ran before must have ended. */
  boot<T extends Machine>(at: Micros, build: (ports: Ports) => T): T {
    if (this.#life !== undefined) throw new Error(`host ${this.index} already runs a machine`)
    const { scheduler, seed, udp, streams, names, kinds } = this.#ground
    const life = this.#lives++
    const answers = new Answers(scheduler, kinds.answer, this)
    const udpPort = new SimUdp(udp, this, answers)
    const streamsPort = new SimStreams(streams, this, answers)
    const storage = new MemoryStorage(this.disk, answers)
    const machine = build({
      clock: {
        wall: () => this.clock.wall(scheduler.now),
        wakeAt: (when) => this.#wake(this.clock.reaches(when)),
      },
      random: {
        secret: streamFor(seed, this.index, `secret/${life}`),
        dice: streamFor(seed, this.index, `dice/${life}`),
      },
      crypto: nodeCrypto,
      names: new SimNames(names, this.hosts, answers),
      udp: udpPort,
      streams: this.#paced(streamsPort),
      storage,
      hasher: new SimHasher(this.disk, storage, answers),
      state: new SimState(this.disk, answers),
    })
    const inputs = this.clock.exact ? machine : new LocalTime(machine, this.clock)
    this.#life = { machine, inputs, answers, udp: udpPort, streams: streamsPort }
    this.#call(at, () => machine.start(this.now))
    return machine
  }

  /** Gives the machine a command at `at`, by default as the next thing that happens to it. */
  command(command: Command, at: Micros = this.#ground.scheduler.now): void {
    this.#call(at, () => this.inputs?.command(this.#ground.scheduler.now, command))
  }

  /** Ends the process as `kill -9` does: sockets close, streams are reset, what was written stays. */
  kill(): void {
    const life = this.#life
    if (life === undefined) return
    this.#life = undefined
    this.#wakeAt = NEVER
    life.answers.end()
    life.udp.closeAll()
    life.streams.closeAll()
    this.disk.unlock()
  }

  /** The power fails: what no barrier covers is lost, but for `torn` bytes of each journal's tail. */
  powerCut(torn = 0): void {
    this.kill()
    this.disk.crash(torn)
  }

  /** The time of the pending timer event has come. */
  timer(): void {
    this.#timer = undefined
    this.#timerAt = NEVER
    const wanted = this.#wakeAt
    const { now } = this.#ground.scheduler
    if (wanted > now) this.#wake(wanted)
    else {
      this.#wakeAt = NEVER
      this.inputs?.timer(now)
    }
  }

  /**
   * A later time leaves the pending event where it is, and asks again when that comes: deadlines move on with nearly every
   * input, so most moves cost nothing.
   */
  #wake(at: Micros): void {
    this.#wakeAt = at
    if (at >= this.#timerAt || at === NEVER) return
    const { scheduler, kinds } = this.#ground
    this.#timerAt = at
    if (this.#timer !== undefined) scheduler.move(this.#timer, at)
    else this.#timer = scheduler.schedule(at, this.index, this.index, kinds.timer, 0, undefined)
  }

  #paced(streams: SimStreams): StreamsPort {
    if (this.#trickle === undefined) return streams
    const { scheduler } = this.#ground
    return new Trickle(streams, this.#trickle, (delay, action) => this.#call(scheduler.now + delay, action))
  }

  #call(at: Micros, action: () => void): void {
    const life = this.#life
    this.#ground.scheduler.schedule(at, this.index, WORLD, this.#ground.kinds.call, 0, () => {
      if (this.#life === life) action()
    })
  }
}
