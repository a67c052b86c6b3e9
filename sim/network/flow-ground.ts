import type { Micros } from '../../src/core/time.ts'
import type { EventSlot, Scheduler } from '../engine/scheduler.ts'
import type { Landing } from './landing.ts'
import type { Network } from './network.ts'
import type { StreamEnd } from './stream-end.ts'

/** One end of a stream, as the other end and the events of both see it. */
export interface Flow {
  readonly end: StreamEnd
  /** Our train has left the line, or there is room again. */
  turn(): void
  /** Tries again to break a silence. */
  retry(): void
  /** `train` has come to our line. */
  arrive(train: Train): void
  /** `train` is through our line. */
  deliver(train: Train): void
  /** Word that `bytes` have come reaches us at `at`. */
  acknowledged(at: Micros, bytes: number): void
  /** Such word was lost. */
  unheard(now: Micros, bytes: number): void
  /** The remote's line is a whole queue behind. */
  crowded(now: Micros): void
}

/** Views that travel together as one event. */
export interface Train {
  from: Flow
  to: Flow
  readonly views: Uint8Array[]
  bytes: number
  /** Trains of a stream are numbered, so that a repaired one finds its place. */
  number: number
  /** Nothing follows: the sender closed. */
  last: boolean
}

/** What the flows of a world share: their kinds of events, and the trains that are not under way. */
export class FlowGround {
  readonly scheduler: Scheduler
  readonly network: Network
  readonly landing: Landing
  readonly #idle: Train[] = []
  readonly #turn: number
  readonly #retry: number
  readonly #arrive: number
  readonly #deliver: number

  constructor(scheduler: Scheduler, network: Network, landing: Landing) {
    this.scheduler = scheduler
    this.network = network
    this.landing = landing
    this.#turn = scheduler.register('stream turn', (_to, _value, flow) => (flow as Flow).turn())
    this.#retry = scheduler.register('stream retry', (_to, _value, flow) => (flow as Flow).retry())
    this.#arrive = scheduler.register('stream arrive', (_to, _value, subject) => {
      const train = subject as Train
      train.to.arrive(train)
    })
    this.#deliver = scheduler.register('stream deliver', (_to, _value, subject) => {
      const train = subject as Train
      train.to.deliver(train)
    })
  }

  /** An empty train. */
  train(from: Flow, to: Flow, number: number): Train {
    const train = this.#idle.pop()
    if (train === undefined) return { from, to, views: [], bytes: 0, number, last: false }
    train.from = from
    train.to = to
    train.bytes = 0
    train.number = number
    train.last = false
    return train
  }

  recycle(train: Train): void {
    train.views.length = 0
    this.#idle.push(train)
  }

  turn(at: Micros, flow: Flow): EventSlot {
    const { index } = flow.end.site
    return this.scheduler.schedule(at, index, index, this.#turn, 0, flow)
  }

  retry(at: Micros, flow: Flow): EventSlot {
    const { index } = flow.end.site
    return this.scheduler.schedule(at, index, index, this.#retry, 0, flow)
  }

  arrive(at: Micros, train: Train): void {
    const from = train.from.end.site.index
    this.scheduler.schedule(at, train.to.end.site.index, from, this.#arrive, train.bytes, train)
  }

  deliver(at: Micros, train: Train): void {
    const { index } = train.to.end.site
    this.scheduler.schedule(at, index, index, this.#deliver, train.bytes, train)
  }
}
