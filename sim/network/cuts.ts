import { type Micros, NEVER } from '../../src/core/time.ts'
import { Link } from './links.ts'

/** Hosts by their index; `'all'`: whoever there is. */
export type HostSet = 'all' | readonly number[]

interface Span {
  readonly from: HostSet
  readonly to: HostSet
  /** Default: at once. */
  readonly begin?: Micros
  /** Default: until healed. */
  readonly end?: Micros
}

/** For a time nothing gets from one set of hosts to the other; the other way only by a cut of its own. */
export type Cut = Span

/** For a time packets from one set of hosts to the other take longer. */
export interface Clog extends Span {
  /** Added to each packet's way, in microseconds. */
  readonly delay?: Micros
  /** What all of them together get through, in bytes a second. */
  readonly rate?: number
}

interface Active {
  readonly begin: Micros
  readonly end: Micros
  readonly touches: (from: number, to: number) => boolean
}

interface ActiveClog extends Active {
  readonly delay: Micros
  readonly pipe: Link | undefined
}

/** What is in force by time; looked at again only when something begins or ends. */
class Schedule<T extends Active> {
  /** In force at the last look. */
  active: readonly T[] = []
  #all: T[] = []
  #changeAt: Micros = NEVER

  add(item: T): void {
    this.#all.push(item)
    this.#changeAt = 0
  }

  clear(): void {
    this.#all = []
    this.active = []
    this.#changeAt = NEVER
  }

  at(now: Micros): readonly T[] {
    if (now >= this.#changeAt) this.#look(now)
    return this.active
  }

  #look(now: Micros): void {
    this.#all = this.#all.filter(({ end }) => end > now)
    this.active = this.#all.filter(({ begin }) => begin <= now)
    this.#changeAt = NEVER
    for (const { begin, end } of this.#all) {
      this.#changeAt = Math.min(this.#changeAt, begin > now ? begin : end)
    }
  }
}

/** Cuts and clogs of a network: a packet is asked about those in force only, so it costs nothing while there is none. */
export class Cuts {
  readonly #cuts = new Schedule<Active>()
  readonly #clogs = new Schedule<ActiveClog>()

  cut(cut: Cut): void {
    this.#cuts.add(active(cut))
  }

  clog(clog: Clog): void {
    const pipe = clog.rate === undefined ? undefined : new Link(clog.rate)
    this.#clogs.add({ ...active(clog), delay: clog.delay ?? 0, pipe })
  }

  heal(): void {
    this.#cuts.clear()
    this.#clogs.clear()
  }

  blocks(now: Micros, from: number, to: number): boolean {
    const cuts = this.#cuts.at(now)
    return cuts.length > 0 && cuts.some(({ touches }) => touches(from, to))
  }

  /** How much longer a packet of `bytes` takes. */
  slows(now: Micros, from: number, to: number, bytes: number): Micros {
    const clogs = this.#clogs.at(now)
    if (clogs.length === 0) return 0
    let extra = 0
    for (const { touches, delay, pipe } of clogs) {
      if (!touches(from, to)) continue
      extra += delay
      if (pipe !== undefined) extra += pipe.send(now, bytes) - now
    }
    return extra
  }
}

function active({ from, to, begin = 0, end = NEVER }: Span): Active {
  const source = member(from)
  const target = member(to)
  return { begin, end, touches: (a, b) => source(a) && target(b) }
}

function member(hosts: HostSet): (index: number) => boolean {
  if (hosts === 'all') return () => true
  const set = new Set(hosts)
  return (index) => set.has(index)
}
