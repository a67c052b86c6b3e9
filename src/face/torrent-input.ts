import type { FileRange } from '../codec/file-ranges.ts'
import { parseInfoHash, parseMagnet } from '../codec/magnet.ts'
import type { Metainfo } from '../codec/metainfo.ts'
import { usageError } from '../core/errors.ts'
import type { TorrentSource } from '../session/commands.ts'

/** What names a torrent: a magnet link, a bare info-hash (40 hex or 32 base32 digits), or a parsed `.torrent`. */
export type TorrentInput = string | Metainfo

/** `select`: the files that it asks for, none named: all. Throws a usage error when the text is neither a magnet link nor an info-hash. */
export function torrentSource(
  input: TorrentInput,
): TorrentSource & { readonly select: readonly FileRange[] } {
  if (typeof input !== 'string') {
    const { info, nodes } = input
    return { infoHash: info.infoHash, metadata: info.bytes, name: info.name, peers: [], nodes, select: [] }
  }
  const bare = parseInfoHash(input)
  if (bare !== undefined)
    return { infoHash: bare, metadata: undefined, name: undefined, peers: [], nodes: [], select: [] }
  if (!/^magnet:/i.test(input)) {
    throw usageError(
      'torrent/bad-source',
      'A torrent is named by a magnet link or an info-hash of 40 hex digits.',
    )
  }
  const { infoHash, name, peers, select } = parseMagnet(input)
  return { infoHash, metadata: undefined, name, peers, nodes: [], select }
}
