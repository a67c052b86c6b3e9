import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** How often the ratio is looked at: what is uploaded meanwhile may go beyond it, and is on its way before the streams are closed. */
const LOOK = SECOND

type Init = Pick<TorrentDriverInit, 'number' | 'options' | 'emit' | 'leave'>

/** Ends a torrent that has seeded enough; what it did in earlier runs does not count. */
export class SeedingLimits {
  readonly #init: Init
  #since: Micros = NEVER
  #look: Micros = NEVER

  constructor(init: Init) {
    this.#init = init
  }

  get deadline(): Micros {
    return Math.min(this.#look, this.#since + (this.#init.options.seedTime ?? NEVER))
  }

  /** It is complete. What it has uploaded so far counts for the ratio. */
  begin(now: Micros): void {
    this.#since = now
    if (this.#init.options.seedRatio !== undefined) this.#look = now
  }

  /** More is wanted than is there. */
  rest(): void {
    this.#since = NEVER
    this.#look = NEVER
  }

  /** `uploaded` and `length` in bytes. */
  tick(now: Micros, uploaded: number, length: number): void {
    if (now < this.deadline) return
    const { emit, leave, number, options } = this.#init
    const { seedRatio = NEVER, seedTime = NEVER } = options
    const elapsed = now - this.#since
    // Not by a division: what is empty has nothing more to give.
    const byRatio = this.#look !== NEVER && uploaded >= seedRatio * length
    if (!byRatio && elapsed < seedTime) {
      this.#look = now + LOOK
      return
    }
    this.rest()
    emit({ kind: 'seeded', torrent: number, limit: byRatio ? 'ratio' : 'time', uploaded, length, elapsed })
    leave(now)
  }
}
