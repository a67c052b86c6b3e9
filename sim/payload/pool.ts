import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { streamFor } from '../engine/rng.ts'

/** At how many places a block of the pool may begin. */
export const POOL_STARTS = 1_048_576

let bytes: Uint8Array | undefined

/** The read-only memory of all procedural content, one per process: random bytes, a block's length at each of its starts. */
export function pool(): Uint8Array {
  if (bytes === undefined) {
    bytes = new Uint8Array(POOL_STARTS + BLOCK_LENGTH)
    streamFor(0, 0, 'pool').fill(bytes)
  }
  return bytes
}

/** Whether `view` lies in the pool, and so may be kept without a copy. */
export function inPool(view: Uint8Array): boolean {
  return bytes !== undefined && view.buffer === bytes.buffer
}
