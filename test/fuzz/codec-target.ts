import { toHex } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { dice } from '../support/dice.ts'
import { mutate } from '../support/mutate.ts'
import { GRAFTS } from './grafts.ts'
import type { FuzzTarget } from './target.ts'

/** A format: what is valid in it, how it is read, and what holds of everything that is read. */
export interface Format<T> {
  readonly seeds: readonly Uint8Array[]
  /** What is under test. `undefined`: the input was refused. */
  read(bytes: Uint8Array, rng: Rng): T | undefined
  /** Whether it may refuse by throwing this. Without it, it never throws. */
  readonly refuses?: (error: unknown) => boolean
  /** Asserts what holds of a value that was read from `bytes`. */
  check(value: T, bytes: Uint8Array, rng: Rng): void
  /** The last touch on a mutant, such as a right checksum. */
  readonly mend?: (bytes: Uint8Array, rng: Rng) => Uint8Array
}

/** Longer mutants are cut: nothing in a format is decided so far in. */
const LONGEST = 200_000

/** A codec under mutants of its seeds. */
export class CodecTarget<T> implements FuzzTarget {
  fed = 0
  #understood = 0
  readonly #format: Format<T>
  readonly #rng: Rng

  constructor(format: Format<T>, seed: number) {
    this.#format = format
    this.#rng = dice(seed)
  }

  step(clock: () => void = () => {}): void {
    const { read, check, refuses } = this.#format
    const bytes = this.#next()
    this.fed += 1
    try {
      let value: T | undefined
      clock()
      try {
        value = read(bytes, this.#rng)
      } catch (error) {
        if (refuses?.(error) !== true) throw error
      } finally {
        clock()
      }
      if (value === undefined) return
      this.#understood += 1
      check(value, bytes, this.#rng)
    } catch (error) {
      throw new Error(`${String(error)} at ${bytes.length} bytes: ${toHex(bytes.subarray(0, 4_000))}`, {
        cause: error,
      })
    }
  }

  summary(): string {
    return `${this.#understood} of ${this.fed} understood`
  }

  #next(): Uint8Array {
    const rng = this.#rng
    const { seeds, mend } = this.#format
    const seed = seeds[below(rng, seeds.length)]!
    const other = seeds[below(rng, seeds.length)]!
    const mutant = below(rng, 16) === 0 ? seed : mutate(seed, other, rng, GRAFTS).subarray(0, LONGEST)
    return mend?.(mutant, rng) ?? mutant
  }
}
