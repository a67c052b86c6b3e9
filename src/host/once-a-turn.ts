/** Work that all who ask for it in one turn of the loop share, by key: each piece of work that wakes a thread costs some 40 us. */
export class OnceATurn<Key> {
  readonly #begun = new Map<Key, Promise<void>>()

  run(key: Key, work: () => Promise<void>): Promise<void> {
    const begun = this.#begun.get(key)
    if (begun !== undefined) return begun
    const done = work()
    this.#begun.set(key, done)
    setImmediate(() => this.#begun.delete(key))
    return done
  }
}
