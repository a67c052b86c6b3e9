import { nodeCrypto } from '../../src/host/crypto.ts'
import type { Extents } from './extents.ts'
import { inPool } from './pool.ts'

/** Pieces remembered; all are forgotten when more are met. */
const MEMORY = 65_536

const known = new Map<string, Uint8Array>()

/**
 * SHA-1 of `[0, length)`. What consists of views of the pool alone is known by where they lie, and hashed once per process:
 * 2,000 peers of a 256 MiB torrent would hash 500 GiB else. Anything that holds a private byte is really hashed.
 */
export function hashOf(content: Extents, length: number): Uint8Array {
  let identity = `${length}`
  for (const { begin, bytes } of content.within(0, length)) {
    if (!inPool(bytes)) return nodeCrypto.sha1(content.read(0, length))
    identity += `,${begin}:${bytes.byteOffset}:${bytes.length}`
  }
  let digest = known.get(identity)
  if (digest === undefined) {
    digest = nodeCrypto.sha1(content.read(0, length))
    if (known.size >= MEMORY) known.clear()
    known.set(identity, digest)
  }
  // A fresh copy: the one that asks may write to it.
  return digest.slice()
}
