import { fileTree } from '../codec/file-tree.ts'
import { formatMagnet } from '../codec/magnet.ts'
import type { Hashes, Info, Metainfo, NewFile } from '../codec/metainfo.ts'
import { encodeInfo, encodeMetainfo, parseInfo, parseMetainfo } from '../codec/metainfo.ts'
import { pieceLayers } from '../codec/piece-layers.ts'
import { compareBytes, concatBytes, EMPTY, toHex } from '../core/bytes.ts'
import { LodestoneError, usageError } from '../core/errors.ts'
import { NODE_LENGTH } from '../core/merkle.ts'
import { encodeUtf8 } from '../core/utf8.ts'
import { endpoints } from './options.ts'
import { checkTrackers, checkWebSeeds } from './urls.ts'

/** BEP 3, BEP 52, or both in one: peers of either kind share it. */
export type TorrentFormat = 'v1' | 'v2' | 'hybrid'

export interface CreateTorrentOptions {
  /** Default: `v1`, which every program reads. */
  readonly version?: TorrentFormat
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
  /** Lower-case hex; of version 2 alone the first 40 digits of `v2Hash`. */
  readonly infoHash: string
  /** Version 2: 64 digits. */
  readonly v2Hash: string | undefined
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

/** What the content was hashed to, as its version asks. */
export interface ContentHashes {
  /** The SHA-1 of every piece, 20 bytes each, with padding between the files where there are `trees`. */
  readonly pieces: Uint8Array | undefined
  /** Of each file, in order: the root of its tree, and the hashes of its pieces (BEP 52). */
  readonly trees: readonly { readonly root: Uint8Array; readonly layer: Uint8Array }[] | undefined
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

const VERSIONS: readonly TorrentFormat[] = ['v1', 'v2', 'hybrid']

/** Throws a usage error for one that there is not. */
export function torrentVersion(version: TorrentFormat = 'v1'): TorrentFormat {
  if (VERSIONS.includes(version)) return version
  throw usageError('create/version', `The version of a torrent is one of ${VERSIONS.join(', ')}.`)
}

/** Throws a usage error for content without a byte. */
export function checkContent(content: NewContent): void {
  if (content.files.length === 0) throw usageError('content/empty', `${content.name} holds no files.`)
  if (content.length === 0) throw usageError('content/empty', `${content.name} holds no data.`)
}

/** The content as a torrent of that version lists it: by the names' bytes, or as the tree of version 2 goes, folder by folder. */
export function inOrder<Content extends NewContent>(content: Content, version: TorrentFormat): Content {
  if (version === 'v1') return content
  const key = ({ components }: NewContent['files'][number]) => components.map((part) => encodeUtf8(part))
  const keyed = content.files.map((file) => ({ file, key: key(file) }))
  keyed.sort((a, b) => compareParts(a.key, b.key))
  return { ...content, files: keyed.map(({ file }) => file) }
}

/**
 * Throws a usage error for content that a download would write under other names, so that what is created can be seeded.
 * It is read back the way a download reads it, with hashes yet unknown, before anything is hashed.
 */
export function checkNames(
  content: NewContent,
  pieceLength: number,
  version: TorrentFormat,
  hashes: Hashes,
): void {
  if (
    version === 'v2' &&
    !content.single &&
    content.files.length === 1 &&
    content.files[0]!.components.length === 1
  ) {
    throw usageError(
      'content/unfit',
      `In version 2 a folder with one file looks like that file alone: give the path of the file in ${content.name}, or make it a hybrid.`,
    )
  }
  const listed = layout(content, pieceLength, version)
  for (const [index, { path, pad }] of readBack(content, pieceLength, version, hashes).entries()) {
    const entry = listed[index]
    // Its own padding; behind the last file that of version 2 is in no list.
    if (entry === undefined || entry.pad === true) continue
    const own = content.single ? [content.name] : [content.name, ...entry.path]
    if (pad) throw badName(`Downloads take ${shown(own)} for padding and leave it out; rename it first.`)
    if (path.length === own.length && path.every((component, at) => component === own[at])) continue
    throw badName(`A download would write ${shown(own)} as ${shown(path)}; rename it first.`)
  }
}

function readBack(
  content: NewContent,
  pieceLength: number,
  version: TorrentFormat,
  hashes: Hashes,
): Info['files'] {
  try {
    const pieces = new Uint8Array(20 * countPieces(content, pieceLength, version))
    const trees = content.files.map(() => ({ root: new Uint8Array(NODE_LENGTH).fill(1), layer: EMPTY }))
    const unknown = {
      pieces: version === 'v2' ? undefined : pieces,
      trees: version === 'v1' ? undefined : trees,
    }
    return parseInfo(infoOf(content, pieceLength, unknown, {}), hashes).files
  } catch (error) {
    if (!(error instanceof LodestoneError) || error.kind !== 'remote') throw error
    throw usageError('content/unfit', `No torrent can be made of ${content.name}. ${error.message}`)
  }
}

/** The files as a list has them, with what brings each to the beginning of a piece where that is asked. */
function layout({ files }: NewContent, pieceLength: number, version: TorrentFormat): NewFile[] {
  const listed: NewFile[] = []
  let offset = 0
  for (const { components, length } of files) {
    const gap = version === 'v1' || length === 0 ? 0 : (pieceLength - (offset % pieceLength)) % pieceLength
    if (gap > 0) listed.push({ path: ['.pad', `${gap}`], length: gap, pad: true })
    listed.push({ path: components, length })
    offset += gap + length
  }
  return listed
}

function countPieces(content: NewContent, pieceLength: number, version: TorrentFormat): number {
  const length = layout(content, pieceLength, version).reduce((sum, file) => sum + file.length, 0)
  return Math.ceil(length / pieceLength)
}

/** Quoted, with what cannot be seen shown by its number. */
function shown(path: readonly string[]): string {
  const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
  return `"${path.join('/').replace(invisible, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)}"`
}

function badName(message: string): LodestoneError {
  return usageError('content/name', message)
}

/** `content` in the order of its version, and what it was hashed to. */
export function buildTorrent(
  content: NewContent,
  pieceLength: number,
  hashed: ContentHashes,
  options: CreateTorrentOptions,
  hashes: Hashes,
): CreatedTorrent {
  const { name, length } = content
  const infoBytes = infoOf(content, pieceLength, hashed, options)
  const { infoHash, v2 } = parseInfo(infoBytes, hashes)
  const bytes = encodeMetainfo({
    infoBytes,
    layers: v2 && pieceLayers({ pieceLength, files: v2.files }, nodesOf(hashed)),
    nodes: endpoints(options.nodes ?? [], 'nodes'),
    trackers: checkTrackers(options.trackers ?? []).map((url) => [url]),
    webSeeds: checkWebSeeds(options.webSeeds ?? []),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    createdBy: 'Lodestone',
  })
  const metainfo = parseMetainfo(bytes, hashes)
  const { trackers, webSeeds } = metainfo
  return {
    metainfo,
    bytes,
    magnet: formatMagnet({
      ...{ infoHash, v2Hash: v2?.infoHash, name, peers: [], select: [] },
      ...{ trackers: trackers.flat(), webSeeds },
    }),
    infoHash: toHex(infoHash),
    v2Hash: v2 && toHex(v2.infoHash),
    name,
    length,
    pieceLength,
    files: content.files.map((file) => ({ path: file.components.join('/'), length: file.length })),
  }
}

function infoOf(
  content: NewContent,
  pieceLength: number,
  { pieces, trees }: ContentHashes,
  options: CreateTorrentOptions,
): Uint8Array {
  const { name, length, single } = content
  const files = content.files.map((file, index) => {
    return { path: file.components, length: file.length, root: trees?.[index]?.root }
  })
  return encodeInfo({
    name,
    pieceLength,
    pieces,
    fileTree: trees && fileTree(files),
    ...(single ? { length } : { files: layout(content, pieceLength, trees === undefined ? 'v1' : 'hybrid') }),
    private: options.private === true,
  })
}

/** One after another, files with one piece too. */
function nodesOf({ trees = [] }: ContentHashes): Uint8Array {
  return concatBytes(trees.map(({ layer }) => layer))
}

function compareParts(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareBytes(a[at]!, b[at]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}
