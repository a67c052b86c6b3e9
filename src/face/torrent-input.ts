import { parseInfoHash, parseMagnet } from '../codec/magnet.ts'
import type { Metainfo } from '../codec/metainfo.ts'
import { type LodestoneError, usageError } from '../core/errors.ts'
import type { TorrentSource } from '../session/commands.ts'

/** What names a torrent: a magnet link, a bare info-hash (40 hex or 32 base32 digits), or a parsed `.torrent`. */
export type TorrentInput = string | Metainfo

/** Throws a usage error for what is none of these. */
export function torrentSource(input: TorrentInput): TorrentSource {
  if (typeof input !== 'string') {
    if (!((input as Partial<Metainfo> | null | undefined)?.info?.bytes instanceof Uint8Array))
      throw badSource()
    const { info, layers, nodes, trackers, webSeeds } = input
    const { infoHash, v2, bytes: metadata, name } = info
    const servers = { trackers, webSeeds }
    return { infoHash, v2Hash: v2?.infoHash, metadata, layers, name, peers: [], nodes, ...servers }
  }
  const bare = parseInfoHash(input)
  if (bare !== undefined)
    return { infoHash: bare, metadata: undefined, name: undefined, peers: [], nodes: [] }
  if (!/^magnet:/i.test(input)) throw badSource()
  const { infoHash, v2Hash, name, peers, select, trackers, webSeeds } = parseMagnet(input)
  const servers = { trackers: trackers.map((url) => [url]), webSeeds }
  return { infoHash, v2Hash, metadata: undefined, name, peers, nodes: [], select, ...servers }
}

function badSource(): LodestoneError {
  return usageError(
    'torrent/bad-source',
    'A torrent is named by a magnet link, an info-hash of 40 hex digits, or what `readTorrent` or `parseTorrent` returns.',
  )
}
