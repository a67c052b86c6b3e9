import type { Rng } from '../../src/core/rng.ts'
import { encodeUtf8 } from '../../src/core/utf8.ts'
import { dice } from '../../src/host/crypto.ts'

/**
 * The random stream of one host for one purpose. Each is seeded on its own, so an extra draw of one host, or a host more,
 * moves no other stream. `masterSeed` is a whole number from 0 to 2^53.
 */
export function streamFor(masterSeed: number, host: number, purpose: string): Rng {
  return dice(encodeUtf8(`${masterSeed}/${host}/${purpose}`))
}
