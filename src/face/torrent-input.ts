import { parseInfoHash, parseMagnet } from '../codec/magnet.ts'
import type { Metainfo } from '../codec/metainfo.ts'
import { usageError } from '../core/errors.ts'
import type { TorrentSource } from '../session/commands.ts'

/** What names a torrent: a magnet link, a bare info-hash (40 hex or 32 base32 digits), or a parsed `.torrent`. */
export type TorrentInput = string | Metainfo

/** Throws a usage error when the text is neither a magnet link nor an info-hash. */
export function torrentSource(input: TorrentInput): TorrentSource {
  if (typeof input !== 'string') {
    const { info, nodes } = input
    return { infoHash: info.infoHash, metadata: info.bytes, name: info.name, peers: [], nodes }
  }
  const bare = parseInfoHash(input)
  if (bare !== undefined)
    return { infoHash: bare, metadata: undefined, name: undefined, peers: [], nodes: [] }
  if (!/^magnet:/i.test(input)) {
    throw usageError(
      'torrent/bad-source',
      'A torrent is named by a magnet link or an info-hash of 40 hex digits.',
    )
  }
  const magnet = parseMagnet(input)
  return { infoHash: magnet.infoHash, metadata: undefined, name: magnet.name, peers: magnet.peers, nodes: [] }
}
