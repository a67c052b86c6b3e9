import type { Address } from '../core/address.ts'
import { limitKey } from '../core/address.ts'

/** Streams accepted whose handshake has not come. */
const PLACES = 128
/** The same from one IP in the global scope. */
const PLACES_PER_HOST = 8

/**
 * Where accepted streams wait for their handshake, apart from the places of real connections: a flood of silent dials pushes
 * out its own oldest, not the peers that are here.
 */
export class Lobby<K> {
  /** Oldest first. */
  readonly #waiting = new Map<K, string>()
  readonly #perHost = new Map<string, number>()
  readonly #places: number

  constructor(places: number = PLACES) {
    this.#places = places
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * A stream was accepted. Who is to be closed for it: nobody (`undefined`), the one that waited longest, or the newcomer itself
   * when its IP has its share of places.
   */
  enter(key: K, from: Address): K | undefined {
    const host = limitKey(from)
    const count = this.#perHost.get(host) ?? 0
    if (count >= PLACES_PER_HOST) return key
    const oldest = this.#waiting.size >= this.#places ? this.#waiting.keys().next().value : undefined
    if (oldest !== undefined) this.leave(oldest)
    this.#waiting.set(key, host)
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1)
    return oldest
  }

  /** It has shaken hands, or is gone. */
  leave(key: K): void {
    const host = this.#waiting.get(key)
    if (host === undefined) return
    this.#waiting.delete(key)
    const count = this.#perHost.get(host)! - 1
    if (count > 0) this.#perHost.set(host, count)
    else this.#perHost.delete(host)
  }
}
