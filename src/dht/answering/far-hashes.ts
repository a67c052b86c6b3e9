import { ID_LENGTH, type Id } from '../../core/id.ts'

/** So many are found by one look at all hashes, so that one in so many evictions pays for it. */
const KEPT = 256

/** By hash, whatever is kept for it. */
interface Hashes {
  has(hash: string): boolean
  keys(): Iterable<string>
}

/**
 * Which of a full store's hashes is farthest from our id. Hashes are in Latin-1. The answer is exact, at the cost of a look at all of
 * them for every `KEPT` that give way: with one for each, a flood of announces would do nothing else.
 */
export class FarHashes {
  readonly #ownId: Id
  /** The farthest ones, the farthest last; empty: not known. */
  #far: string[] = []

  constructor(ownId: Id) {
    this.#ownId = ownId
  }

  /** The farthest of `hashes`, which have changed by `replaced` alone since the last call, or lost some. */
  farthest(hashes: Hashes): string | undefined {
    while (this.#far.length > 0 && !hashes.has(this.#far.at(-1)!)) this.#far.pop()
    if (this.#far.length === 0) {
      const all = [...hashes.keys()].sort((a, b) => this.compare(a, b))
      this.#far = all.slice(-KEPT)
    }
    return this.#far.at(-1)
  }

  /** The farthest one has given way to `fresh`, which is nearer. */
  replaced(fresh: string): void {
    const far = this.#far
    far.pop()
    let place = far.length
    while (place > 0 && this.compare(far[place - 1]!, fresh) > 0) place -= 1
    // Nearer than all that are known: there may be others between.
    if (place > 0) far.splice(place, 0, fresh)
  }

  /** Hashes were added without another giving way. */
  forget(): void {
    if (this.#far.length > 0) this.#far = []
  }

  /** Positive when `a` is farther from our id than `b`. */
  compare(a: string, b: string): number {
    for (let i = 0; i < ID_LENGTH; i++) {
      const own = this.#ownId[i]!
      const difference = (a.charCodeAt(i) ^ own) - (b.charCodeAt(i) ^ own)
      if (difference !== 0) return difference
    }
    return 0
  }
}
