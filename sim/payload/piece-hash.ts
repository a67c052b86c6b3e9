import { nodeCrypto } from '../../src/host/crypto.ts'
import type { Extents } from './extents.ts'
import { SharedPiece } from './shared-piece.ts'

/** SHA-1 of `[0, length)`: known by identity where it is views of the pool alone; what holds a private byte is really hashed. */
export function hashOf(content: Extents, length: number): Uint8Array {
  const shared = SharedPiece.of(content, length)
  // A fresh copy: the one that asks may write to it.
  return shared === undefined ? nodeCrypto.sha1(content.read(0, length)) : shared.digest.slice()
}
