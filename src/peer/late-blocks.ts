import type { Micros } from '../core/time.ts'
import { blockKey } from './block-key.ts'
import type { Counters } from './counters.ts'
import type { PeerOptions } from './options.ts'

/** `timeout`: may still come. `cancelled`: a reject is owed to us (BEP 6). `choked`: was dropped, but may have crossed. */
export type LateCause = 'timeout' | 'cancelled' | 'choked'

export interface LateBlock {
  readonly length: number
  readonly sentAt: Micros
  readonly cause: LateCause
  readonly until: Micros
}

/** Requests that were given up, for as long as their answers may still come (CL2, FX12). Full: the oldest is forgotten. */
export class LateBlocks {
  readonly #options: PeerOptions
  readonly #counters: Counters
  readonly #blocks = new Map<number, LateBlock>()

  constructor(options: PeerOptions, counters: Counters) {
    this.#options = options
    this.#counters = counters
  }

  remember(
    now: Micros,
    piece: number,
    begin: number,
    length: number,
    sentAt: Micros,
    cause: LateCause,
  ): void {
    const key = blockKey(piece, begin)
    this.#blocks.delete(key)
    this.#blocks.set(key, { length, sentAt, cause, until: now + this.#options.lateMemory })
    // In order of time, so what has expired stands in front.
    for (const [oldest, block] of this.#blocks) {
      const expired = block.until <= now
      if (!expired && this.#blocks.size <= this.#options.maxLate) break
      if (!expired) this.#counters.lateForgotten += 1
      this.#blocks.delete(oldest)
    }
  }

  /** What is remembered of this block. */
  find(now: Micros, piece: number, begin: number): LateBlock | undefined {
    const block = this.#blocks.get(blockKey(piece, begin))
    return block !== undefined && block.until > now ? block : undefined
  }

  /** It has been answered. */
  forget(piece: number, begin: number): void {
    this.#blocks.delete(blockKey(piece, begin))
  }
}
