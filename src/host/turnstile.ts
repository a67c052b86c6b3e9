/** Lets any number of works through side by side, or one alone; who comes later waits for who wants to be alone. */
export class Turnstile {
  readonly #inside = new Set<Promise<unknown>>()
  #alone: Promise<unknown> = Promise.resolve()

  /** Beside others. */
  async share<T>(work: () => Promise<T>): Promise<T> {
    for (let alone = this.#alone; ; alone = this.#alone) {
      await alone
      if (alone === this.#alone) break
    }
    const running = work()
    const left = running.then(
      () => {},
      () => {},
    )
    this.#inside.add(left)
    try {
      return await running
    } finally {
      this.#inside.delete(left)
    }
  }

  /** When nobody else is inside; others come after it. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#alone
    const running = (async () => {
      await before
      await Promise.all(this.#inside)
      return await work()
    })()
    this.#alone = running.catch(() => {})
    return await running
  }
}
