import type { Micros } from '../../src/core/time.ts'
import { chained } from '../engine/fingerprint.ts'

/** Bits of a generation: with 100,000 entries in it, one unknown entry in 2,500 is taken for known, with a million one in 13. */
const BITS = 4_194_304
/** Of 32 bits of a hash those that are not needed to name one of these. */
const SHIFT = 10
/** Of them are set for an entry. */
const PROBES = 3
const SALTS = [0x5bd1e995, 0x1b873593] as const
/** Together they cover a life, and one more is being filled. */
const GENERATIONS = 4

/**
 * A set that forgets by age, in bounded memory: Bloom filters (1970), one for each third of the time for which an entry must be
 * known. It may know what was never added, or what was added up to a third longer ago, and never the other way round.
 */
export class IssuedTokens {
  readonly #period: Micros
  /** Newest first; made when there is something to add. */
  readonly #generations: Uint32Array[] = []
  #begun = 0

  /** An entry is known for `life` at least. */
  constructor(life: Micros) {
    this.#period = Math.ceil(life / (GENERATIONS - 1))
  }

  /** `key`: 32 bits. Times must not go back. */
  add(now: Micros, key: number): void {
    this.#turn(now)
    const bits = this.#generations[0]!
    for (let probe = 0; probe < PROBES; probe++) {
      const at = placeOf(key, probe)
      bits[at >>> 5]! |= 1 << (at & 31)
    }
  }

  has(now: Micros, key: number): boolean {
    this.#turn(now)
    return this.#generations.some((bits) => {
      for (let probe = 0; probe < PROBES; probe++) {
        const at = placeOf(key, probe)
        if ((bits[at >>> 5]! & (1 << (at & 31))) === 0) return false
      }
      return true
    })
  }

  #turn(now: Micros): void {
    const period = Math.floor(now / this.#period) + 1
    for (; this.#begun < period; this.#begun++) {
      const oldest = this.#generations.length < GENERATIONS ? undefined : this.#generations.pop()!.fill(0)
      this.#generations.unshift(oldest ?? new Uint32Array(BITS / 32))
    }
  }
}

/** Double hashing (Kirsch and Mitzenmacher 2006): as good as so many hashes. */
function placeOf(key: number, probe: number): number {
  const step = chained(SALTS[1], chained(key, SALTS[1]))
  return (chained(SALTS[0], chained(key, SALTS[0])) + Math.imul(probe, step)) >>> SHIFT
}
