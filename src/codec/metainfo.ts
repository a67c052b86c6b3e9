/** Torrent files and info dictionaries (BEP 3 and BEP 52, with BEP 5 nodes, BEP 12 tracker lists, BEP 19, BEP 27, BEP 47). */
import { splitEndpoint } from '../core/address.ts'
import { concatBytes, copyBytes, latin1, toHex } from '../core/bytes.ts'
import type { LodestoneError } from '../core/errors.ts'
import type { Id } from '../core/id.ts'
import { decodeUtf8, printable } from '../core/utf8.ts'
import { type BencodeLimits, type BencodeValue, type EncodableValue, encode } from './bencode.ts'
import { type DictFields, readFields } from './dict-fields.ts'
import { METADATA_LIMIT } from './extended.ts'
import { type FileEntry, metainfoError, readFileList } from './file-list.ts'
import { type HashedFile, readFileTree } from './file-tree.ts'
import { checkAgreement, checkVersion, readPieceLength } from './info-version.ts'
import { readTrackers, readWebSeeds } from './named-servers.ts'
import { badLayers, readPieceLayers } from './piece-layers.ts'
import { safeComponent } from './safe-path.ts'

export type { FileEntry } from './file-list.ts'

export interface Hashes {
  sha1(bytes: Uint8Array): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
}

/** What makes a torrent one of version 2 (BEP 52). */
export interface InfoV2 {
  /** SHA-256 of the dictionary, 32 bytes. */
  readonly infoHash: Uint8Array
  readonly files: readonly HashedFile[]
}

/** What an info dictionary describes. */
export interface Info {
  /** Of the dictionary as it is: its SHA-1, or the first 20 bytes of its SHA-256 where it is of version 2 alone. */
  readonly infoHash: Id
  /** One safe path component. */
  readonly name: string
  /** Bytes of the content, pads included; at least 1. */
  readonly length: number
  readonly pieceLength: number
  /** The SHA-1 of every piece, 20 bytes each; `undefined`: it is of version 2 alone. */
  readonly pieces: Uint8Array | undefined
  /** Beside `pieces` in a hybrid torrent. */
  readonly v2: InfoV2 | undefined
  readonly files: readonly FileEntry[]
  /** Peers may come from trackers alone (BEP 27). */
  readonly private: boolean
  /** The dictionary as it was found. */
  readonly bytes: Uint8Array
  /** Sentences for a person about what was odd but borne. */
  readonly warnings: readonly string[]
}

export interface Metainfo {
  readonly info: Info
  /** Version 2: 32 bytes for each piece, the root of the tree of its blocks; a hybrid may leave them out. */
  readonly layers: Uint8Array | undefined
  /** DHT nodes, hosts being literals or names. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** Tier by tier (BEP 12). */
  readonly trackers: readonly (readonly string[])[]
  /** Web servers that have the content (BEP 19, `url-list`). */
  readonly webSeeds: readonly string[]
  readonly comment: string | undefined
}

export interface ParseOptions {
  /** File names that are safe on Windows too. */
  readonly portable?: boolean
}

const LIMITS: BencodeLimits = { depth: 100, tokens: 4_000_000, length: METADATA_LIMIT, lenient: true }
/** What peers can speak of (HAVE before the metadata is bounded so). */
const MOST_PIECES = 0x200000
const MOST_NODES = 100
const LONGEST_COMMENT = 1_000
const LONGEST_NAME = 1_024

const INFO_FIELDS: ReadonlySet<string> = new Set([
  'file tree',
  'files',
  'length',
  'meta version',
  'name',
  'name.utf-8',
  'piece length',
  'pieces',
  'private',
])
const METAINFO_FIELDS: ReadonlySet<string> = new Set([
  'announce',
  'announce-list',
  'comment',
  'comment.utf-8',
  'info',
  'nodes',
  'piece layers',
  'url-list',
])

/**
 * Reads an info dictionary, which is kept (not copied) as `bytes`. Whatever it holds, the outcome is an `Info` or a remote
 * error with a code `metainfo/...`.
 */
export function parseInfo(bytes: Uint8Array, hashes: Hashes, options: ParseOptions = {}): Info {
  if (bytes.length > METADATA_LIMIT) throw tooLarge()
  const fields = readFields(bytes, 0, INFO_FIELDS, LIMITS)
  if (fields === undefined || fields.end !== bytes.length) {
    throw metainfoError('metainfo/malformed', 'The info dictionary of the torrent is not valid bencode.')
  }
  const isV2 = checkVersion(fields)
  const portable = options.portable === true
  const pieces = fields.bytes('pieces')
  const v2Hash = isV2 ? hashes.sha256(bytes) : undefined
  const infoHash = v2Hash === undefined || fields.has('pieces') ? hashes.sha1(bytes) : v2Hash.slice(0, 20)
  const name = readName(fields, infoHash, portable)
  const tree = isV2
    ? readFileTree(bytes, fields.span('file tree')!.start, LIMITS, {
        ...{ name, portable, pieceLength: readPieceLength(fields, true) },
      })
    : undefined
  const files =
    tree !== undefined && pieces === undefined ? tree.files : readFiles(bytes, fields, name, portable)
  const last = files[files.length - 1]!
  const length = last.offset + last.length
  if (length === 0)
    throw metainfoError('metainfo/no-data', 'The torrent describes no data: all its files are empty.')
  const pieceLength = readPieceLength(fields, isV2)
  const count = Math.ceil(length / pieceLength)
  if (tree === undefined || fields.has('pieces')) {
    if (pieces?.length !== 20 * count) {
      throw metainfoError('metainfo/bad-pieces', 'The torrent does not have one hash for each of its pieces.')
    }
    if (tree !== undefined) checkAgreement(files, tree, count * pieceLength)
  }
  if (count > MOST_PIECES) {
    throw metainfoError('metainfo/too-many-pieces', `The torrent has more than ${MOST_PIECES} pieces.`)
  }
  return {
    infoHash,
    name: tree?.isSingle && pieces === undefined ? files[0]!.path[0]! : name,
    length,
    pieceLength,
    pieces,
    v2: v2Hash && { infoHash: v2Hash, files: tree!.hashed },
    files,
    private: fields.integer('private') === 1,
    bytes,
    warnings: warningsOf(fields, files),
  }
}

/** Reads a torrent file: a `Metainfo`, or a remote error with a code `metainfo/...`. The info dictionary is copied. */
export function parseMetainfo(bytes: Uint8Array, hashes: Hashes, options: ParseOptions = {}): Metainfo {
  if (bytes.length > METADATA_LIMIT) throw tooLarge()
  if (bytes[0] !== 0x64 /* d */) {
    throw metainfoError('metainfo/not-a-torrent', `This is not a torrent file: it ${lookOf(bytes)}.`)
  }
  const fields = readFields(bytes, 0, METAINFO_FIELDS, LIMITS)
  if (fields === undefined) {
    throw metainfoError('metainfo/malformed', 'The torrent file is damaged: it is not valid bencode.')
  }
  const span = fields.span('info')
  if (span === undefined) {
    throw metainfoError('metainfo/no-info', 'This is not a torrent file: it has no info dictionary.')
  }
  if (fields.isRepeated('info')) {
    throw metainfoError('metainfo/duplicate-info', 'The torrent file has two info dictionaries.')
  }
  const info = parseInfo(copyBytes(bytes, span.start, span.end), hashes, options)
  const warnings = [...info.warnings]
  if (fields.end < bytes.length)
    warnings.push('There is something behind the end of the torrent file; it is ignored.')
  const comment = fields.bytes('comment.utf-8') ?? fields.bytes('comment')
  return {
    info: { ...info, warnings },
    layers: readLayers(bytes, fields, info, hashes),
    nodes: readNodes(fields.value('nodes')),
    trackers: readTrackers(fields),
    webSeeds: readWebSeeds(fields),
    comment: comment && printable(decodeUtf8(comment), LONGEST_COMMENT),
  }
}

export interface NewFile {
  readonly path: readonly string[]
  readonly length: number
  /** Zeros that bring the next file to the beginning of a piece (BEP 47). */
  readonly pad?: boolean
}

export interface NewInfo {
  readonly name: string
  readonly pieceLength: number
  /** The SHA-1 of every piece, 20 bytes each; absent: of version 2 alone. */
  readonly pieces?: Uint8Array | undefined
  /** One file of this length, named `name`; or `files`, in a folder named `name`. */
  readonly length?: number | undefined
  readonly files?: readonly NewFile[] | undefined
  /** Version 2: all files with the roots of their trees, as `fileTree` makes it. */
  readonly fileTree?: EncodableValue | undefined
  readonly private?: boolean
}

/** The canonical bytes of an info dictionary. */
export function encodeInfo(info: NewInfo): Uint8Array {
  const { fileTree } = info
  const isV1 = info.pieces !== undefined
  const files = info.files?.map(({ path, length, pad }) => ({
    attr: pad === true ? 'p' : undefined,
    length,
    path,
  }))
  return encode({
    'file tree': fileTree,
    files: isV1 ? files : undefined,
    length: isV1 && files === undefined ? info.length : undefined,
    'meta version': fileTree === undefined ? undefined : 2,
    name: info.name,
    'piece length': info.pieceLength,
    pieces: info.pieces,
    private: info.private === true ? 1 : undefined,
  })
}

export interface NewMetainfo {
  /** Goes in as it is. */
  readonly infoBytes: Uint8Array
  /** Version 2: see `pieceLayers`. */
  readonly layers?: ReadonlyMap<string, Uint8Array> | undefined
  readonly nodes?: readonly { readonly host: string; readonly port: number }[]
  /** Tier by tier. */
  readonly trackers?: readonly (readonly string[])[]
  readonly webSeeds?: readonly string[]
  readonly comment?: string
  readonly createdBy?: string
  /** Seconds since 1970. */
  readonly creationDate?: number
}

/** The canonical bytes of a torrent file. */
export function encodeMetainfo(metainfo: NewMetainfo): Uint8Array {
  const { trackers = [], nodes = [], webSeeds = [] } = metainfo
  const first = trackers.flat()[0]
  const before: EncodableValue = {
    announce: first,
    // One tracker alone is told by `announce`.
    'announce-list': trackers.flat().length > 1 ? trackers : undefined,
    comment: metainfo.comment,
    'created by': metainfo.createdBy,
    'creation date': metainfo.creationDate,
  }
  const after: EncodableValue = {
    nodes: nodes.length > 0 ? nodes.map(({ host, port }) => [host, port]) : undefined,
    'piece layers': metainfo.layers,
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  }
  // `info` sorts between the two; each loses the bracket that faces it.
  return concatBytes([
    encode(before).subarray(0, -1),
    latin1('4:info'),
    metainfo.infoBytes,
    encode(after).subarray(1),
  ])
}

function readLayers(
  bytes: Uint8Array,
  fields: DictFields,
  { v2, pieces, pieceLength }: Info,
  { sha256 }: Hashes,
): Uint8Array | undefined {
  if (v2 === undefined) return undefined
  const at = fields.span('piece layers')?.start
  // A hybrid that leaves them out can be checked by its other hashes, as that of a link is.
  if (at === undefined && pieces !== undefined) return undefined
  if (at === undefined) throw badLayers()
  return readPieceLayers(bytes, at, LIMITS, { files: v2.files, pieceLength }, sha256)
}

/** A name of which nothing safe is left is replaced by the hash. */
function readName(fields: DictFields, infoHash: Id, portable: boolean): string {
  const bytes = fields.bytes('name.utf-8') ?? fields.bytes('name')
  if (bytes === undefined) throw metainfoError('metainfo/no-name', 'The torrent has no name.')
  return safeComponent(bytes, 0, bytes.length, portable) || toHex(infoHash)
}

function readFiles(
  bytes: Uint8Array,
  fields: DictFields,
  name: string,
  portable: boolean,
): readonly FileEntry[] {
  const list = fields.span('files')
  if (fields.has('length') === (list !== undefined)) {
    throw metainfoError('metainfo/bad-files', 'The torrent must have either a length or a list of files.')
  }
  if (list !== undefined) {
    const files = readFileList(bytes, list.start, LIMITS, name, portable)
    if (files.length > 0) return files
    throw metainfoError('metainfo/bad-files', 'The torrent has an empty list of files.')
  }
  const length = fields.integer('length')
  if (length === undefined || length < 0) {
    throw metainfoError('metainfo/bad-length', 'The length of the torrent is no number from 0 to 2^53.')
  }
  const rawName = fields.bytes('name.utf-8') ?? fields.bytes('name')!
  const rawPath = printable(decodeUtf8(rawName), LONGEST_NAME)
  return [{ path: [name], length, offset: 0, pad: false, rawPath, symlink: false }]
}

function warningsOf(fields: DictFields, files: readonly FileEntry[]): string[] {
  const warnings: string[] = []
  if (fields.irregular)
    warnings.push('The info dictionary is not in canonical form; its hash is that of its bytes as found.')
  const flag = fields.integer('private')
  if (fields.has('private') && flag !== 0 && flag !== 1) {
    warnings.push('The private flag is neither 0 nor 1; the torrent is treated as public.')
  }
  if (files.some((file) => file.symlink))
    warnings.push('The symbolic links of the torrent will not be created.')
  return warnings
}

/** Each entry is a list of host and port (BEP 5); others are left out. */
function readNodes(value: BencodeValue | undefined): { host: string; port: number }[] {
  const nodes: { host: string; port: number }[] = []
  for (const entry of Array.isArray(value) ? value : []) {
    if (nodes.length === MOST_NODES) break
    const [host, port] = Array.isArray(entry) ? entry : []
    if (!(host instanceof Uint8Array) || host.length > 255 || typeof port !== 'number') continue
    const name = decodeUtf8(host)
    const node = splitEndpoint(name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`)
    if (node !== undefined) nodes.push(node)
  }
  return nodes
}

function lookOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'is empty'
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'is gzip-compressed'
  const head = decodeUtf8(bytes.subarray(0, 256)).trimStart()
  if (head.startsWith('<')) return 'looks like a web page'
  return 'does not begin like one'
}

function tooLarge(): LodestoneError {
  return metainfoError('metainfo/too-large', 'The torrent is larger than 32 MiB.')
}
