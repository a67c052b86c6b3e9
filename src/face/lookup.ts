import type { Endpoint, LookupSummary } from './events.ts'
import { Feed } from './feed.ts'

/** One walk through the DHT: an async iterator of what is found, by default peers of a torrent. Leaving the loop cancels it. */
export class Lookup<T = Endpoint> implements AsyncIterable<T> {
  /** The whole walk's figures once it has ended; cancelling ends it too. Rejects when the node is closed before. */
  readonly result: Promise<LookupSummary>
  readonly #feed: Feed<T>
  #resolve: (summary: LookupSummary) => void = () => {}
  #reject: (error: Error) => void = () => {}

  /** `cancel` is called when no more is wanted. */
  constructor(signal: AbortSignal | undefined, cancel: () => void) {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.result.catch(() => {})
    this.#feed = new Feed(signal, cancel)
  }

  /** How many a slow reader has missed. */
  get dropped(): number {
    return this.#feed.dropped
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.#feed[Symbol.asyncIterator]()
  }

  found(one: T): void {
    this.#feed.push(one)
  }

  fail(error: Error): void {
    this.#reject(error)
    this.#feed.end()
  }

  finish(summary: LookupSummary): void {
    this.#resolve(summary)
    this.#feed.end()
  }
}
