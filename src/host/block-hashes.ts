import { hash } from 'node:crypto'
import { BLOCK_LENGTH } from '../core/geometry.ts'

/** The hash of each block of `bytes`, the last perhaps shorter, one after another. */
export function hashBlocks(algorithm: 'sha1' | 'sha256', bytes: Uint8Array): Uint8Array {
  const length = algorithm === 'sha1' ? 20 : 32
  const digests = new Uint8Array(length * Math.ceil(bytes.length / BLOCK_LENGTH))
  for (let block = 0; block * BLOCK_LENGTH < bytes.length; block++) {
    const view = bytes.subarray(block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH)
    digests.set(hash(algorithm, view, 'buffer'), length * block)
  }
  return digests
}
