import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { concatBytes } from '../core/bytes.ts'
import type { PieceMemory } from './piece-memory.ts'
import { plainBytes } from './plain-bytes.ts'
import type { SegmentStock } from './segment-stock.ts'

export interface PieceDigestsInit {
  readonly memory: PieceMemory
  readonly stock: SegmentStock
  /** Work that the end of the store waits for; refused after it. */
  track<T>(work: () => Promise<T>): Promise<T>
  /** A segment that is not in memory. */
  fromFiles(piece: number, index: number): Promise<Uint8Array>
}

/** Hashes of what lies in the memory of a store, or did: what was flushed and released is read back. The loop has a turn after each segment. */
export class PieceDigests {
  readonly #init: PieceDigestsInit

  constructor(init: PieceDigestsInit) {
    this.#init = init
  }

  /** SHA-1 of a piece, on this thread: at 1.8 GB/s a piece of 256 KiB takes 0.14 ms. */
  whole(piece: number): Promise<Uint8Array> {
    const { memory, track, fromFiles } = this.#init
    return track(async () => {
      const hash = createHash('sha1')
      const count = memory.segmentsOf(piece)
      for (let index = 0; index < count; index++) {
        if (index > 0) await setImmediate()
        hash.update(memory.held(piece, index)?.bytes ?? (await fromFiles(piece, index)))
      }
      return plainBytes(hash.digest())
    })
  }

  /** What `hash` makes of the part of each segment in a range that begins with a block, one after another; it has the bytes until it is done. */
  parts(
    piece: number,
    begin: number,
    length: number,
    hash: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const { memory, stock, track, fromFiles } = this.#init
    return track(async () => {
      const digests: Uint8Array[] = []
      const first = memory.indexAt(begin)
      const last = length === 0 ? first - 1 : memory.indexAt(begin + length - 1)
      for (let index = first; index <= last; index++) {
        if (index > first) await setImmediate()
        const held = memory.held(piece, index)
        if (held !== undefined) stock.use(held)
        try {
          const segment = held ?? { bytes: await fromFiles(piece, index) }
          digests.push(await hash(memory.within(segment, index, begin, length)))
        } finally {
          if (held !== undefined) stock.unused(held)
        }
      }
      return concatBytes(digests)
    })
  }
}
