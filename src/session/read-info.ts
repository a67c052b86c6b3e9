import { type Info, parseInfo } from '../codec/metainfo.ts'
import { LodestoneError } from '../core/errors.ts'
import type { CryptoPort } from './ports.ts'

/** An info dictionary whose hash is right, or what is wrong with it all the same (MD20): no peer is to blame, and no other copy will be better. */
export function readInfo(bytes: Uint8Array, { sha1 }: Pick<CryptoPort, 'sha1'>): Info | LodestoneError {
  try {
    return parseInfo(bytes, sha1)
  } catch (error) {
    if (!(error instanceof LodestoneError)) throw error
    return error
  }
}
