import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Playback } from './playback.ts'

export interface Check {
  readonly name: string
  readonly pass: boolean
  readonly value: number
  /** What the value was held against, such as `>= 0.99`. */
  readonly bound: string
}

/** A figure over virtual time: pairs of seconds and value. */
export type Series = readonly (readonly [number, number])[]

/** What passed between two groups of hosts. */
export interface Flow {
  readonly from: string
  readonly to: string
  readonly datagrams: number
  /** Of datagrams and streams. */
  readonly bytes: number
}

/** What a run found out: figures, how they were spread, how they went over time, and whether they are as they must be. */
export class Findings {
  readonly metrics: Record<string, number> = {}
  readonly checks: Check[] = []
  /** All values of what was counted more than once, by name. */
  readonly samples: Record<string, number[]> = {}
  readonly series: Record<string, [number, number][]> = {}
  flows: readonly Flow[] = []
  /** What happened, to be looked at again, if somebody recorded it. */
  playback: Playback | undefined
  readonly #progress: (now: Micros, text: string) => void

  /** `progress` is told where the run stands, up to once per virtual second. */
  constructor(progress: (now: Micros, text: string) => void = () => {}) {
    this.#progress = progress
  }

  progress(now: Micros, text: string): void {
    this.#progress(now, text)
  }

  /** What could not be measured (`NaN`, infinite) is no metric: a criterion that asks for it fails. */
  metric(name: string, value: number): void {
    if (Number.isFinite(value)) this.metrics[name] = rounded(value)
  }

  /** One more value of `name`; `summarise` turns them into metrics. */
  sample(name: string, value: number): void {
    this.samples[name] ??= []
    this.samples[name].push(value)
  }

  /** `value` at `now`, for a plot over time. */
  point(name: string, now: Micros, value: number): void {
    this.series[name] ??= []
    if (Number.isFinite(value)) this.series[name].push([now / SECOND, rounded(value)])
  }

  /** Median, 95th percentile and maximum of `values`, which are kept as samples; nothing when there are none. */
  distribution(name: string, values: readonly number[]): void {
    if (values.length === 0) return
    const sorted = values.toSorted((a, b) => a - b)
    this.samples[name] = sorted
    this.metric(`${name}Median`, quantile(sorted, 0.5))
    this.metric(`${name}P95`, quantile(sorted, 0.95))
    this.metric(`${name}Max`, sorted.at(-1)!)
  }

  /** Turns what `sample` gathered into metrics. */
  summarise(): void {
    for (const [name, values] of Object.entries(this.samples)) this.distribution(name, values)
  }

  atLeast(name: string, value: number, bound: number): void {
    this.checks.push({ name, pass: value >= bound, value: rounded(value), bound: `>= ${bound}` })
  }

  atMost(name: string, value: number, bound: number): void {
    this.checks.push({ name, pass: value <= bound, value: rounded(value), bound: `<= ${bound}` })
  }

  get passed(): boolean {
    return this.checks.every(({ pass }) => pass)
  }
}

/** Nearest rank; `sorted` ascending and not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

/** Six digits are enough for people, and the same on every machine. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
