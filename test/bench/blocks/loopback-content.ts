/** The content of the bench on loopback: one block, over and over. */
import { encodeInfo } from '../../../src/codec/metainfo.ts'
import { concatBytes } from '../../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../../src/core/geometry.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'
import { dice } from '../../support/dice.ts'

export const BLOCKS_A_PIECE = 16

const block = new Uint8Array(BLOCK_LENGTH)
dice(7).fill(block)

/** A piece message, but for its head. */
export const BLOCK_FRAME: Uint8Array = concatBytes([new Uint8Array(13), block])

/** The info dictionary of so many pieces. */
export function repeatedInfo(pieces: number): Uint8Array {
  const hash = nodeCrypto.sha1(concatBytes(Array.from({ length: BLOCKS_A_PIECE }, () => block)))
  const pieceLength = BLOCKS_A_PIECE * BLOCK_LENGTH
  const hashes = concatBytes(Array.from({ length: pieces }, () => hash))
  return encodeInfo({ name: 'a', pieceLength, length: pieces * pieceLength, pieces: hashes })
}
