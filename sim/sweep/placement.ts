import { type Job, settingKey } from './job.ts'

/** Above this a run gets a process of its own, because a thread shares the heap limits of its process. */
export const THREAD_MIB = 1024

/** A place for one run, to be given back. */
export interface Place {
  readonly kind: 'thread' | 'process'
  /** Memory set aside for it. */
  readonly miB: number
}

/**
 * Which runs fit beside each other: at most so many, with so much memory together. What a setting takes is what its scenario
 * declares, or else what its first run took; before that, the most that any run took so far, and at the very beginning
 * everything, so that the first run is alone.
 */
export class Placement {
  readonly #places: number
  readonly #totalMiB: number
  readonly #declared: (job: Job) => number | undefined
  readonly #peaks = new Map<string, number>()
  /** Settings whose first run, which measures, has been placed. */
  readonly #begun = new Set<string>()
  #taken = 0
  #usedMiB = 0

  constructor(places: number, totalMiB: number, declared: (job: Job) => number | undefined) {
    this.#places = places
    this.#totalMiB = totalMiB
    this.#declared = declared
  }

  /** `undefined`: not now. `alone`: with all the memory and nobody beside it, for a run that has crashed before. */
  take(job: Job, alone: boolean): Place | undefined {
    const setting = settingKey(job.values)
    const known = this.#declared(job) ?? this.#peaks.get(setting)
    const miB = alone ? this.#totalMiB : Math.min(known ?? this.#most(), this.#totalMiB)
    const fits = this.#taken < this.#places && this.#usedMiB + miB <= this.#totalMiB
    if (!fits) return undefined
    const measures = known === undefined && !this.#begun.has(setting)
    this.#begun.add(setting)
    this.#taken += 1
    this.#usedMiB += miB
    return { kind: alone || measures || miB > THREAD_MIB ? 'process' : 'thread', miB }
  }

  giveBack({ miB }: Place): void {
    this.#taken -= 1
    this.#usedMiB -= miB
  }

  /** What a run took in a process of its own. */
  learn(job: Job, peakMiB: number): void {
    const setting = settingKey(job.values)
    this.#peaks.set(setting, Math.max(peakMiB, this.#peaks.get(setting) ?? 0))
  }

  #most(): number {
    return this.#peaks.size === 0 ? this.#totalMiB : Math.max(...this.#peaks.values())
  }
}
