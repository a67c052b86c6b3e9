/**
 * Runs what it is given in its order, at most `width` at a time. What waits costs one promise: a thousand pieces of 16 KiB that wait
 * for the disk would else hold a thousand calls half done, each old enough by its end to stay until a full collection.
 */
export class Lane {
  #free: number
  /** What was given and is not done, waiting or running. */
  readonly #open = new Set<Promise<unknown>>()
  readonly #waiting: (() => void)[] = []

  constructor(width: number) {
    this.#free = width
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#turn(work)
    this.#open.add(running)
    const over = (): boolean => this.#open.delete(running)
    running.then(over, over)
    return running
  }

  /** Resolves once all that was given before has ended, well or not. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.#open)
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((turn) => this.#waiting.push(turn))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
