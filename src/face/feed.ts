/** Items waiting for a slow reader; beyond it the oldest are dropped and counted. */
const CAPACITY = 10_000

/**
 * A bounded queue that is read as an async iterator, by one reader. Leaving the loop, or aborting the signal, closes it; what
 * had come before the end is still read.
 */
export class Feed<T> implements AsyncIterable<T>, AsyncIterator<T, undefined> {
  /** Items that a slow reader has missed. */
  dropped = 0
  #items: T[] = []
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = []
  #ended = false
  readonly #closed: () => void
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => {
    this.#items = []
    this.end()
  }

  /** `closed` is called once, when no more items are wanted. */
  constructor(signal: AbortSignal | undefined, closed: () => void) {
    this.#closed = closed
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort)
  }

  push(item: T): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting({ done: false, value: item })
      return
    }
    if (this.#items.length >= CAPACITY) {
      this.#items.shift()
      this.dropped += 1
    }
    this.#items.push(item)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined })
    this.#closed()
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve({ done: false, value: item })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items = []
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }
}
