import type { Micros } from '../core/time.ts'
import { MINUTE } from '../core/time.ts'

/** How long hosts that have left are remembered, and go behind others that had a turn and took nothing. */
const MEMORY = 5 * MINUTE
const MOST_HOSTS = 1024

interface Past {
  /** When one of the host was last choked again. */
  readonly servedAt: Micros
  /** It took nothing in its last turn: until when others go first. */
  readonly vainUntil: Micros
  /** Looks in a row in which it took something. */
  readonly takings: number
}

/** What hosts have made of the slots that they had. */
export class PastTurns {
  /** The longest unserved first. */
  readonly #pasts = new Map<string, Past>()

  /** Its turn has ended. */
  served(now: Micros, host: string): void {
    this.#note(host, { servedAt: now })
  }

  /** Whether it took anything since that was last looked at. */
  looked(now: Micros, host: string, takes: boolean): void {
    const takings = takes ? this.takings(host) + 1 : 0
    this.#note(host, { vainUntil: takes ? 0 : now + MEMORY, takings })
  }

  /** -1: not yet. */
  servedAt(host: string): Micros {
    return this.#pasts.get(host)?.servedAt ?? -1
  }

  vain(now: Micros, host: string): boolean {
    return (this.#pasts.get(host)?.vainUntil ?? 0) > now
  }

  takings(host: string): number {
    return this.#pasts.get(host)?.takings ?? 0
  }

  /** How many have had their turn of late and took nothing. */
  vainCount(now: Micros): number {
    let count = 0
    for (const { vainUntil } of this.#pasts.values()) if (vainUntil > now) count += 1
    return count
  }

  /** Those that are not `here` are kept for a while. */
  forget(now: Micros, here: ReadonlySet<string>): void {
    for (const [host, { servedAt, vainUntil }] of this.#pasts) {
      if (!here.has(host) && servedAt + MEMORY <= now && vainUntil <= now) this.#pasts.delete(host)
    }
  }

  #note(host: string, news: Partial<Past>): void {
    const past = this.#pasts.get(host) ?? { servedAt: -1, vainUntil: 0, takings: 0 }
    this.#pasts.delete(host)
    this.#pasts.set(host, { ...past, ...news })
    if (this.#pasts.size > MOST_HOSTS) this.#pasts.delete(this.#pasts.keys().next().value!)
  }
}
