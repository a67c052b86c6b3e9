import { copyBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'

/** How much later than at once it may be seen that somebody has become doubtful. */
const FULL_FOR: Micros = SECOND

/** The ids of a bucket: those that share the first `bits` bits with `prefix`. */
export interface BucketRange {
  readonly prefix: Id
  readonly bits: number
}

/**
 * When each bucket of a table last changed: a contact was added, replaced, or heard to answer (BEP 5). The n-th bucket holds the
 * ids that share exactly n bits with ours, the last one all that share more. And until when it need not be looked for a free place.
 */
export class BucketTimes {
  readonly #ownId: Id
  readonly #changed: Micros[]
  readonly #full: Micros[] = []

  constructor(now: Micros, ownId: Id) {
    this.#ownId = ownId
    this.#changed = [now]
  }

  set(bucket: number, now: Micros): void {
    this.#changed[bucket] = now
  }

  /** Whether no place of a bucket may soon be free: a flood of strangers needs no look at all of it, `hasRoom`, for each. */
  isFull(bucket: number, now: Micros, hasRoom: () => boolean): boolean {
    if (now < (this.#full[bucket] ?? now)) return true
    if (hasRoom()) return false
    this.#full[bucket] = now + FULL_FOR
    return true
  }

  /** The last bucket is two now, each as old as it was. */
  split(): void {
    this.#changed.push(this.#changed.at(-1)!)
  }

  /** The ranges of the buckets that have not changed since `before`, the farthest first. */
  stale(before: Micros): BucketRange[] {
    const ranges: BucketRange[] = []
    const last = this.#changed.length - 1
    this.#changed.forEach((changed, bucket) => {
      if (changed > before) return
      const prefix = copyBytes(this.#ownId)
      if (bucket < last) prefix[bucket >> 3]! ^= 0x80 >> (bucket & 7)
      ranges.push({ prefix, bits: bucket < last ? bucket + 1 : last })
    })
    return ranges
  }

  /** When the bucket changed that has not for longest. */
  get earliest(): Micros {
    let earliest = NEVER
    for (const changed of this.#changed) earliest = Math.min(earliest, changed)
    return earliest
  }
}
