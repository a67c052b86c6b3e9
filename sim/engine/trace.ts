import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Scheduler, SeenEvent } from './scheduler.ts'

const DEFAULT_LENGTH = 256
/** Numbers that are kept of an event. */
const FIELDS = 7

export interface TracedEvent {
  /** Of the event in the run, from 1. */
  readonly number: number
  readonly time: Micros
  readonly source: number
  readonly destination: number
  /** How many events the source had scheduled before. */
  readonly sequence: number
  /** Name of the kind of event. */
  readonly kind: string
  readonly value: number
}

/** The last events that chosen hosts caused or that happened to them, in a ring of bounded size. Costs nothing before `follow`. */
export class Trace {
  readonly #scheduler: Scheduler
  #hosts: ReadonlySet<number> | undefined
  #ring: Float64Array = new Float64Array(0)
  #length = 0
  #seen = 0
  #stop: () => void = () => {}

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Begins anew: keeps the last `length` events of `hosts`, by default of all. */
  follow(hosts?: Iterable<number>, length: number = DEFAULT_LENGTH): void {
    this.#stop()
    this.#hosts = hosts === undefined ? undefined : new Set(hosts)
    this.#ring = new Float64Array(length * FIELDS)
    this.#length = length
    this.#seen = 0
    this.#stop = this.#scheduler.watch((event) => this.#note(event))
  }

  /** What is kept, oldest first; of `host` alone if one is given. */
  events(host?: number): TracedEvent[] {
    const traced: TracedEvent[] = []
    for (let i = Math.max(0, this.#seen - this.#length); i < this.#seen; i++) {
      const at = (i % this.#length) * FIELDS
      const [number, time, source, destination, sequence, kind, value] = this.#ring.subarray(at, at + FIELDS)
      if (host !== undefined && source !== host && destination !== host) continue
      traced.push({
        number: number!,
        time: time!,
        source: source!,
        destination: destination!,
        sequence: sequence!,
        kind: this.#scheduler.nameOf(kind!),
        value: value!,
      })
    }
    return traced
  }

  #note({ number, time, source, destination, sequence, kind, value }: SeenEvent): void {
    const hosts = this.#hosts
    if (hosts !== undefined && !hosts.has(destination) && !hosts.has(source)) return
    const at = (this.#seen % this.#length) * FIELDS
    this.#seen += 1
    this.#ring[at] = number
    this.#ring[at + 1] = time
    this.#ring[at + 2] = source
    this.#ring[at + 3] = destination
    this.#ring[at + 4] = sequence
    this.#ring[at + 5] = kind
    this.#ring[at + 6] = value
  }
}

/** A line for people. */
export function describeEvent(event: TracedEvent): string {
  const { number, time, source, destination, sequence, kind, value } = event
  const cause = source === destination ? '' : ` from host ${source}`
  // The sequence last: of two events it may be all that differs.
  return `event ${number} at ${(time / SECOND).toFixed(6)} s: ${kind}, host ${destination}${cause}, value ${value}, number ${sequence} of its source`
}
