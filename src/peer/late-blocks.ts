import type { Micros } from '../core/time.ts'
import { blockKey } from './block-key.ts'
import type { Counters } from './counters.ts'
import type { PeerOptions } from './options.ts'

/** `timeout`: may still come. `cancelled`: a reject is owed to us (BEP 6). `choked`: was dropped (with the choke, or the piece), but may have crossed. */
export type LateCause = 'timeout' | 'cancelled' | 'choked'

export interface LateBlock {
  readonly length: number
  readonly sentAt: Micros
  readonly cause: LateCause
  readonly until: Micros
  /** Answers that may still come: one for each time that the block was asked for and given up. */
  readonly owed: number
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
    const owed = (this.find(now, piece, begin)?.owed ?? 0) + 1
    this.#put(now, piece, begin, { length, sentAt, cause, owed })
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

  /** What had only timed out was cancelled. */
  cancelled(now: Micros, piece: number, begin: number): void {
    const block = this.find(now, piece, begin)
    if (block) this.#put(now, piece, begin, { ...block, cause: 'cancelled' })
  }

  /** It has been answered once. */
  answered(piece: number, begin: number): void {
    const key = blockKey(piece, begin)
    const block = this.#blocks.get(key)
    if (block === undefined) return
    if (block.owed > 1) this.#blocks.set(key, { ...block, owed: block.owed - 1 })
    else this.#blocks.delete(key)
  }

  /** As the newest. */
  #put(now: Micros, piece: number, begin: number, block: Omit<LateBlock, 'until'>): void {
    const key = blockKey(piece, begin)
    this.#blocks.delete(key)
    this.#blocks.set(key, { ...block, until: now + this.#options.lateMemory })
  }
}
