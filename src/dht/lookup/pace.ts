import type { Counters } from '../counters.ts'
import type { DhtOptions } from '../options.ts'

/** What a walk has heard itself counts as much as what the node has heard when so many have answered, */
const PRIOR = 4
/** and of what the node has heard, at most so many queries for each answer. */
const MOST_SILENT = 2
/** More queries for each answer than dead contacts explain: datagrams get lost. */
const LOSSY = 1.9

/** How hard a walk tries, by how many of those that it asks are silent. */
export class Pace {
  readonly #options: DhtOptions
  readonly #counters: Counters

  constructor({ options, counters }: { readonly options: DhtOptions; readonly counters: Counters }) {
    this.#options = options
    this.#counters = counters
  }

  /** As many at once that, of those who answer, `lookupParallelism` are asked at any time. */
  parallelism(settled: number, responses: number): number {
    const { lookupParallelism, lookupParallelismMost } = this.#options
    const most = Math.max(lookupParallelism, lookupParallelismMost)
    return Math.min(most, Math.floor(lookupParallelism * this.#silence(settled, responses)))
  }

  /** How often a node is asked that is near enough to count and silent. */
  attempts(settled: number, responses: number): number {
    const { lookupAttempts, lookupAttemptsMost } = this.#options
    return this.#silence(settled, responses) > LOSSY
      ? Math.max(lookupAttempts, lookupAttemptsMost)
      : lookupAttempts
  }

  /** Queries for each answer; at first what other queries of the node have met with is all that there is to go by. */
  #silence(settled: number, responses: number): number {
    const { responses: answers, errors, timeouts } = this.#counters
    const usual = Math.min(MOST_SILENT, 1 + timeouts / (answers + errors + 1))
    return (settled + PRIOR * usual) / (responses + PRIOR)
  }
}
