import type { Micros } from '../../src/core/time.ts'

export interface Check {
  readonly name: string
  readonly pass: boolean
  readonly value: number
  /** What the value was held against, such as `>= 0.99`. */
  readonly bound: string
}

/** What a run says of itself: where it stands, figures, and whether they are as they must be. */
export class Report {
  readonly metrics: Record<string, number> = {}
  readonly checks: Check[] = []
  readonly #progress: (now: Micros, text: string) => void

  /** `progress` is told where the run stands, up to once per virtual second. */
  constructor(progress: (now: Micros, text: string) => void = () => {}) {
    this.#progress = progress
  }

  progress(now: Micros, text: string): void {
    this.#progress(now, text)
  }

  metric(name: string, value: number): void {
    this.metrics[name] = rounded(value)
  }

  /** Median, 95th percentile and maximum of `values`; nothing when there are none. */
  distribution(name: string, values: readonly number[]): void {
    const sorted = values.toSorted((a, b) => a - b)
    if (sorted.length === 0) return
    this.metric(`${name}Median`, quantile(sorted, 0.5))
    this.metric(`${name}P95`, quantile(sorted, 0.95))
    this.metric(`${name}Max`, sorted.at(-1)!)
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

/** Nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

/** Six digits are enough for people, and the same on every machine. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
