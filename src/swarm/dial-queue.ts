import { Deadlines } from '../core/deadlines.ts'
import type { Micros } from '../core/time.ts'

/** Spent entries tolerated at the old end of the untried before they are cut off. */
const SLACK = 1024

/** So many of the newest untried stand equal: the best ranked of them goes first. Few, or the worst of a thousand would wait for all. */
const EQUALS = 4

/**
 * In which order candidates are dialled. Urgent ones (named by the user, or expected back) as soon as they are due; else in
 * turn the newest untried, the oldest untried, and the one whose wait is over: so a live peer that is found late does not stand
 * behind a thousand dead ones, nor behind a thousand newer ones, nor do retries starve.
 */
export class DialQueue<T> {
  /** From `#head` on, oldest first; entries that have left `#untriedSet` are skipped. */
  #untried: T[] = []
  #head = 0
  readonly #untriedSet = new Set<T>()
  readonly #urgent = new Deadlines<T>()
  readonly #waiting = new Deadlines<T>()
  readonly #rank: (item: T) => number
  #turn = 0

  /** `rank`: the greater the better. */
  constructor(rank: (item: T) => number = () => 0) {
    this.#rank = rank
  }

  /** How many have never been tried. */
  get untried(): number {
    return this.#untriedSet.size
  }

  /** Never tried, to be dialled when its turn comes. */
  push(item: T): void {
    this.#untriedSet.add(item)
    this.#untried.push(item)
    if (this.#untried.length - this.#head > 2 * this.#untriedSet.size + SLACK) this.#compact()
  }

  /** To be dialled from `at` on. */
  schedule(item: T, at: Micros, urgent: boolean): void {
    this.remove(item)
    if (urgent) this.#urgent.set(item, at)
    else this.#waiting.set(item, at)
  }

  remove(item: T): void {
    this.#untriedSet.delete(item)
    this.#urgent.delete(item)
    this.#waiting.delete(item)
  }

  /** Takes out the next one to dial. */
  take(now: Micros): T | undefined {
    const urgent = this.#urgent.due(now)
    if (urgent !== undefined) return urgent
    // A turn in which nobody waits is none: who comes first must not hang on how often that was asked before.
    if (this.next > now) return undefined
    this.#turn = (this.#turn + 1) % 3
    if (this.#turn === 0) return this.#waiting.due(now) ?? this.#newest()
    return (this.#turn === 1 ? this.#newest() : this.#oldest()) ?? this.#waiting.due(now)
  }

  /** When `take` will give one; at or before now when it does already. */
  get next(): Micros {
    return this.#untriedSet.size > 0 ? 0 : Math.min(this.#urgent.next, this.#waiting.next)
  }

  /** The best of the newest; of those that rank alike the newest. */
  #newest(): T | undefined {
    let best = -1
    let most = Number.NEGATIVE_INFINITY
    for (let at = this.#untried.length - 1, seen = 0; at >= this.#head && seen < EQUALS; at--) {
      const item = this.#untried[at]!
      if (!this.#untriedSet.has(item)) {
        this.#untried.splice(at, 1)
        best -= 1
        continue
      }
      seen += 1
      const rank = this.#rank(item)
      if (rank <= most) continue
      best = at
      most = rank
    }
    if (most === Number.NEGATIVE_INFINITY) return undefined
    const [item] = this.#untried.splice(best, 1)
    this.#untriedSet.delete(item!)
    return item
  }

  #oldest(): T | undefined {
    while (this.#untried.length > this.#head) {
      const item = this.#untried[this.#head++]!
      if (this.#head > SLACK) this.#compact()
      if (this.#untriedSet.delete(item)) return item
    }
    return undefined
  }

  #compact(): void {
    this.#untried = this.#untried.slice(this.#head).filter((item) => this.#untriedSet.has(item))
    this.#head = 0
  }
}
