import { MILLISECOND, type Micros, NEVER } from '../core/time.ts'

/** How many are asked at a time, */
const AT_ONCE = 8
/** and how soon the next are, when none of these found anything. */
const INTERVAL = 10 * MILLISECOND

/**
 * Peers that want requests and found no work, who has waited longest first. Work appears with every piece, for want of memory rarely
 * enough for all of a large crowd: so a few are asked, others when one of these found some, and the rest a little later.
 */
export class WorkLine<Peer> implements Iterable<Peer> {
  readonly #waiting = new Set<Peer>()
  /** How many from the front have not been asked since work last appeared. */
  #unasked = 0
  #askAt: Micros = NEVER

  get size(): number {
    return this.#waiting.size
  }

  has(peer: Peer): boolean {
    return this.#waiting.has(peer)
  }

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#waiting.values()
  }

  add(peer: Peer): void {
    this.#waiting.add(peer)
  }

  /** It waits no longer; whether it did. */
  delete(peer: Peer): boolean {
    return this.#waiting.delete(peer)
  }

  /** There may be work for any of them. */
  appeared(): void {
    this.#unasked = this.#waiting.size
    this.#askAt = 0
  }

  /** One that was asked has found some: there may be more. */
  found(): void {
    if (this.#unasked > 0) this.#askAt = 0
  }

  /** When `next` has somebody. */
  get deadline(): Micros {
    return this.#askAt
  }

  /** Who is to be asked now. Whoever finds nothing stands at the end. */
  next(now: Micros): Peer[] {
    if (now < this.#askAt) return []
    const asked: Peer[] = []
    const most = Math.min(AT_ONCE, this.#unasked)
    for (const peer of this.#waiting) {
      if (asked.length === most) break
      asked.push(peer)
    }
    for (const peer of asked) {
      this.#waiting.delete(peer)
      this.#waiting.add(peer)
    }
    this.#unasked = asked.length < most ? 0 : this.#unasked - most
    this.#askAt = this.#unasked > 0 ? now + INTERVAL : NEVER
    return asked
  }
}
