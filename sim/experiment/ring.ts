import { compareBytes } from '../../src/core/bytes.ts'
import { compareDistance, type Id } from '../../src/core/id.ts'

/** All ids of a network, sorted: what a look-up should find, known from outside. */
export class Ring {
  readonly #ids: readonly Id[]

  constructor(ids: readonly Id[]) {
    this.#ids = ids.toSorted(compareBytes)
  }

  /**
   * The `count` ids nearest to `target`, the nearest first. They lie in the smallest block of ids with a common prefix that
   * holds so many.
   */
  nearest(target: Id, count: number): readonly Id[] {
    let [low, high] = [0, this.#ids.length]
    for (let bit = 0; bit < 8 * target.length && high - low > count; bit++) {
      const middle = this.#firstWithBit(bit, low, high)
      const [from, to] = bitOf(target, bit) === 1 ? [middle, high] : [low, middle]
      if (to - from < count) break
      ;[low, high] = [from, to]
    }
    return this.#ids
      .slice(low, high)
      .sort((a, b) => compareDistance(target, a, b))
      .slice(0, count)
  }

  /** In a block whose ids agree before `bit`: where those begin that have it set. */
  #firstWithBit(bit: number, low: number, high: number): number {
    let [from, to] = [low, high]
    while (from < to) {
      const middle = (from + to) >> 1
      if (bitOf(this.#ids[middle]!, bit) === 1) to = middle
      else from = middle + 1
    }
    return from
  }
}

function bitOf(id: Id, bit: number): 0 | 1 {
  return ((id[bit >> 3]! >> (7 - (bit & 7))) & 1) as 0 | 1
}
