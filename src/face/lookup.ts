import type { Endpoint, LookupSummary } from './events.ts'
import { Feed } from './feed.ts'

/** One search for the peers of a torrent: an async iterator of peers as they are found. Leaving the loop cancels it. */
export class Lookup implements AsyncIterable<Endpoint> {
  /** The whole walk's figures once it has ended; cancelling ends it too. Rejects when the node is closed before. */
  readonly result: Promise<LookupSummary>
  readonly #feed: Feed<Endpoint>
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

  /** Peers that a slow reader has missed. */
  get dropped(): number {
    return this.#feed.dropped
  }

  [Symbol.asyncIterator](): AsyncIterator<Endpoint> {
    return this.#feed[Symbol.asyncIterator]()
  }

  found(peer: Endpoint): void {
    this.#feed.push(peer)
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
