import { isShortOf } from '../codec/magnet.ts'
import { type Info, parseInfo } from '../codec/metainfo.ts'
import { equalBytes } from '../core/bytes.ts'
import { LodestoneError, remoteError } from '../core/errors.ts'
import type { TorrentSource } from './commands.ts'
import type { CryptoPort } from './ports.ts'

type Crypto = Pick<CryptoPort, 'sha1' | 'sha256'>

/**
 * An info dictionary that is right by one hash at least, or what is wrong with it all the same (MD20, MD23): no peer is to blame, and no other copy
 * will be better.
 */
export function readInfo(
  bytes: Uint8Array,
  source: Pick<TorrentSource, 'infoHash' | 'v2Hash'>,
  crypto: Crypto,
): Info | LodestoneError {
  if (!isByBoth(bytes, source, crypto)) {
    return remoteError(
      'metainfo/hashes-disagree',
      'The hashes of both versions in the link (btih and btmh) are not of one torrent: give one of them alone.',
    )
  }
  try {
    return parseInfo(bytes, crypto)
  } catch (error) {
    if (!(error instanceof LodestoneError)) throw error
    return error
  }
}

/** Where two hashes were given. */
function isByBoth(
  bytes: Uint8Array,
  { infoHash, v2Hash }: Pick<TorrentSource, 'infoHash' | 'v2Hash'>,
  { sha1, sha256 }: Crypto,
): boolean {
  if (v2Hash === undefined || isShortOf(infoHash, v2Hash)) return true
  return equalBytes(sha256(bytes), v2Hash) && equalBytes(sha1(bytes), infoHash)
}
