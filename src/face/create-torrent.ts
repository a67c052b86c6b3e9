import { formatMagnet } from '../codec/magnet.ts'
import type { Metainfo } from '../codec/metainfo.ts'
import { encodeInfo, encodeMetainfo, parseMetainfo } from '../codec/metainfo.ts'
import { toHex } from '../core/bytes.ts'
import { LodestoneError, usageError } from '../core/errors.ts'
import { endpoints } from './options.ts'
import { checkTrackers, checkWebSeeds } from './urls.ts'

export interface CreateTorrentOptions {
  /** Bytes, a power of two from 16 KiB on; by default such that there are about a thousand pieces. */
  readonly pieceLength?: number
  /** BEP 27. */
  readonly private?: boolean
  readonly comment?: string
  /** `host:port` of DHT nodes to name in it (BEP 5); none are added unasked. */
  readonly nodes?: readonly string[]
  /** URLs of trackers, each a tier of its own (BEP 12). */
  readonly trackers?: readonly string[]
  /** URLs of web servers that have the content (BEP 19). */
  readonly webSeeds?: readonly string[]
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface CreatedTorrent {
  readonly metainfo: Metainfo
  /** The `.torrent` file. */
  readonly bytes: Uint8Array
  readonly magnet: string
  /** Lower-case hex. */
  readonly infoHash: string
  readonly name: string
  readonly length: number
  readonly pieceLength: number
  /** Paths below the torrent's name, with slashes. */
  readonly files: readonly { readonly path: string; readonly length: number }[]
}

/** What is to become a torrent, as the host found it. */
export interface NewContent {
  readonly name: string
  readonly single: boolean
  readonly files: readonly { readonly components: readonly string[]; readonly length: number }[]
  readonly length: number
}

const PIECES = 1024
const SHORTEST_PIECE = 32 * 1024
const LONGEST_PIECE = 16 * 1024 * 1024
/** What a torrent may ask for. */
const LEAST = 16 * 1024
const MOST = 512 * 1024 * 1024

/** The piece length for content of `length` bytes. Throws a usage error for one that is no power of two in range. */
export function pieceLengthFor(length: number, asked: number | undefined): number {
  if (asked !== undefined) {
    const isPower = Number.isInteger(asked) && 2 ** Math.round(Math.log2(asked)) === asked
    if (!isPower || asked < LEAST || asked >= MOST) {
      throw usageError('create/piece-length', 'The piece length must be a power of two from 16K to 256M.')
    }
    return asked
  }
  let pieceLength = SHORTEST_PIECE
  while (pieceLength < LONGEST_PIECE && length / pieceLength > PIECES) pieceLength *= 2
  return pieceLength
}

/** Throws a usage error for content without a byte. */
export function checkContent(content: NewContent): void {
  if (content.files.length === 0) throw usageError('content/empty', `${content.name} holds no files.`)
  if (content.length === 0) throw usageError('content/empty', `${content.name} holds no data.`)
}

/**
 * Throws a usage error for content that a download would write under other names, so that what is created can be seeded.
 * It is read back the way a download reads it, with hashes yet unknown, before anything is hashed.
 */
export function checkNames(
  content: NewContent,
  pieceLength: number,
  sha1: (bytes: Uint8Array) => Uint8Array,
): void {
  const pieces = new Uint8Array(20 * Math.ceil(content.length / pieceLength))
  for (const [index, { path, pad }] of readBack(content, pieceLength, pieces, sha1).entries()) {
    const own = ownPath(content, index)
    if (pad) throw badName(`Downloads take ${shown(own)} for padding and leave it out; rename it first.`)
    if (path.length === own.length && path.every((component, at) => component === own[at])) continue
    throw badName(`A download would write ${shown(own)} as ${shown(path)}; rename it first.`)
  }
}

function readBack(
  content: NewContent,
  pieceLength: number,
  pieces: Uint8Array,
  sha1: (bytes: Uint8Array) => Uint8Array,
): Metainfo['info']['files'] {
  try {
    return buildTorrent(content, pieceLength, pieces, {}, sha1).metainfo.info.files
  } catch (error) {
    if (!(error instanceof LodestoneError) || error.kind !== 'remote') throw error
    throw usageError('content/unfit', `No torrent can be made of ${content.name}. ${error.message}`)
  }
}

function ownPath({ name, single, files }: NewContent, index: number): readonly string[] {
  return single ? [name] : [name, ...files[index]!.components]
}

/** Quoted, with what cannot be seen shown by its number. */
function shown(path: readonly string[]): string {
  const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
  return `"${path.join('/').replace(invisible, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)}"`
}

function badName(message: string): LodestoneError {
  return usageError('content/name', message)
}

export function buildTorrent(
  content: NewContent,
  pieceLength: number,
  pieces: Uint8Array,
  options: CreateTorrentOptions,
  sha1: (bytes: Uint8Array) => Uint8Array,
): CreatedTorrent {
  const { name, length } = content
  const files = content.files.map((file) => ({ path: file.components, length: file.length }))
  const shape = content.single ? { length } : { files }
  const infoBytes = encodeInfo({ name, pieceLength, pieces, ...shape, private: options.private === true })
  const bytes = encodeMetainfo({
    infoBytes,
    nodes: endpoints(options.nodes ?? [], 'nodes'),
    trackers: checkTrackers(options.trackers ?? []).map((url) => [url]),
    webSeeds: checkWebSeeds(options.webSeeds ?? []),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    createdBy: 'Lodestone',
  })
  const metainfo = parseMetainfo(bytes, sha1)
  const { infoHash } = metainfo.info
  const { trackers, webSeeds } = metainfo
  return {
    metainfo,
    bytes,
    magnet: formatMagnet({ infoHash, name, peers: [], select: [], trackers: trackers.flat(), webSeeds }),
    infoHash: toHex(infoHash),
    name,
    length,
    pieceLength,
    files: content.files.map((file) => ({ path: file.components.join('/'), length: file.length })),
  }
}
