import type { OpenFile } from './file-calls.ts'
import { errno } from './network-failure.ts'

interface Entry {
  readonly key: string
  readonly handle: Promise<OpenFile>
  users: number
  /** Set when it is to be closed once its last user is gone. */
  leaving: boolean
}

/** The files that the process holds open, over all stores: at most `cap`, the longest unused goes first. */
export class OpenFiles {
  #cap: number
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()

  constructor(cap: number) {
    this.#cap = cap
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /**
   * Runs `work` on the file under `key`, which `open` opens unless it is open. When descriptors run out (EMFILE, ENFILE) the
   * cap is halved, idle files are closed, and `open` is tried again.
   */
  async use<T>(key: string, open: () => Promise<OpenFile>, work: (file: OpenFile) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { key, handle: this.#open(open), users: 0, leaving: false }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.users += 1
    try {
      const file = await entry.handle.catch((error: unknown) => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
        throw error
      })
      return await work(file)
    } finally {
      entry.users -= 1
      if (entry.leaving && entry.users === 0) await close(entry)
      await this.#shrink()
    }
  }

  /** Closes all files whose key begins with `prefix`; those in use are closed by their last user. */
  async close(prefix: string): Promise<void> {
    const entries = [...this.#entries.values()].filter(({ key }) => key.startsWith(prefix))
    await Promise.all(entries.map((entry) => this.#leave(entry)))
  }

  async #open(open: () => Promise<OpenFile>): Promise<OpenFile> {
    for (;;) {
      try {
        return await open()
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined
        const exhausted = errno(cause) === 'EMFILE' || errno(cause) === 'ENFILE'
        if (!exhausted || this.#cap <= 4) throw error
        this.#cap = Math.max(4, Math.floor(Math.min(this.#cap, this.#entries.size) / 2))
        await this.#shrink()
      }
    }
  }

  async #shrink(): Promise<void> {
    let surplus = this.#entries.size - this.#cap
    const idle: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (surplus <= 0) break
      if (entry.users > 0) continue
      idle.push(entry)
      surplus -= 1
    }
    await Promise.all(idle.map((entry) => this.#leave(entry)))
  }

  async #leave(entry: Entry): Promise<void> {
    this.#entries.delete(entry.key)
    if (entry.users === 0) await close(entry)
    else entry.leaving = true
  }
}

async function close(entry: Entry): Promise<void> {
  const file = await entry.handle.catch(() => undefined)
  await file?.close()
}
