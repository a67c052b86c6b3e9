import { formatMagnet } from '../codec/magnet.ts'
import { encodeMetainfo, type Info } from '../codec/metainfo.ts'
import { pieceLayers } from '../codec/piece-layers.ts'
import type { TorrentSource } from '../session/commands.ts'

/** The bytes of a `.torrent` file; `layers`: the hashes of its pieces, where it is of version 2 and they are known. */
export function torrentFileOf(
  { bytes, v2, pieceLength }: Info,
  layers: Uint8Array | undefined,
  { trackers = [], webSeeds = [] }: TorrentSource,
): Uint8Array {
  const known = v2 && layers && pieceLayers({ files: v2.files, pieceLength }, layers)
  return encodeMetainfo({ infoBytes: bytes, layers: known, trackers, webSeeds })
}

/** The link that names a torrent by all that is known of it. */
export function linkOf(source: TorrentSource, info: Info | undefined): string {
  const { infoHash, name } = info ?? source
  const v2Hash = info?.v2?.infoHash ?? source.v2Hash
  const { trackers = [], webSeeds = [] } = source
  const named = { infoHash, v2Hash, name, trackers: trackers.flat(), webSeeds }
  return formatMagnet({ ...named, peers: [], select: [] })
}
