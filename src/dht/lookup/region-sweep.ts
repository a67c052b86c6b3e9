import { copyBytes } from '../../core/bytes.ts'
import { type Id, randomIdWithPrefix } from '../../core/id.ts'
import type { Rng } from '../../core/rng.ts'
import type { Micros } from '../../core/time.ts'
import type { LookupHandle, LookupResult } from './lookup-request.ts'

/** Starts a walk towards `target`; `done` may be called before it returns. */
type Walk = (now: Micros, target: Id, done: (now: Micros, result: LookupResult) => void) => LookupHandle

/** How many halvings of the region are walked to: what is left then holds hardly anybody. */
const HALVINGS = 6
/** Walks of one sweep: two into the farther half, which holds more than a walk finds. */
export const SWEEP_WALKS: number = HALVINGS + 1

/**
 * Finds who lives around a target that liars surround: those who ask for the target itself are told of liars alone, so walks go to random
 * places of the region, one in each of its halves, quarters and so on that does not hold the target.
 */
export class RegionSweep implements LookupHandle {
  readonly #open = new Set<LookupHandle>()
  #left = SWEEP_WALKS

  /** Whether every walk has come to its end. */
  get isOver(): boolean {
    return this.#left === 0
  }

  /** The region are the ids that share `bits` bits with `target`. `done` is called at the end of each walk. */
  begin(
    now: Micros,
    target: Id,
    bits: number,
    dice: Rng,
    walk: Walk,
    done: (now: Micros, result: LookupResult) => void,
  ): void {
    const places: Id[] = []
    for (let bit = bits; bit < bits + HALVINGS; bit++) {
      const half = flipped(target, bit)
      if (bit > bits) places.push(randomIdWithPrefix(dice, half, bit + 1))
      else
        for (const quarter of [half, flipped(half, bit + 1)])
          places.push(randomIdWithPrefix(dice, quarter, bit + 2))
    }
    for (const place of places) {
      let handle: LookupHandle | undefined
      let isOver = false
      handle = walk(now, place, (at, result) => {
        isOver = true
        this.#left -= 1
        if (handle !== undefined) this.#open.delete(handle)
        done(at, result)
      })
      if (!isOver) this.#open.add(handle)
    }
  }

  cancel(now: Micros): void {
    for (const handle of [...this.#open]) handle.cancel(now)
  }
}

function flipped(id: Id, bit: number): Id {
  const other = copyBytes(id)
  other[bit >> 3]! ^= 0x80 >> (bit & 7)
  return other
}
