/** The hashes of pieces in torrents of version 2 (BEP 52): they stand beside the info dictionary, which has the roots over them. */
import { equalBytes, toLatin1 } from '../core/bytes.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { levelsOf, NODE_LENGTH, rootOf, treeWidth } from '../core/merkle.ts'
import { BencodeCursor, type BencodeLimits, TOKEN } from './bencode-cursor.ts'
import { metainfoError } from './file-list.ts'
import type { HashedFile } from './file-tree.ts'

type Sha256 = (bytes: Uint8Array) => Uint8Array

/** What layers belong to. */
export interface Layered {
  readonly pieceLength: number
  readonly files: readonly HashedFile[]
}

/** A file that is longer than a piece, so that its root is none of its pieces' hash. */
function hasLayer(file: HashedFile, pieceLength: number): boolean {
  return file.length > pieceLength
}

function countOf(file: HashedFile, pieceLength: number): number {
  return Math.ceil(file.length / pieceLength)
}

/** 32 bytes for each piece: its hash where the info dictionary alone tells it, else zeros. */
export function knownNodes({ files, pieceLength }: Layered): Uint8Array {
  const last = files[files.length - 1]!
  const nodes = new Uint8Array(NODE_LENGTH * (last.piece + countOf(last, pieceLength)))
  for (const file of files) if (!hasLayer(file, pieceLength)) nodes.set(file.root, NODE_LENGTH * file.piece)
  return nodes
}

/** The files whose pieces' hashes stand apart. */
export function layeredFiles({ files, pieceLength }: Layered): readonly HashedFile[] {
  return files.filter((file) => hasLayer(file, pieceLength))
}

/** Whether these are the hashes of all pieces of `file`. */
export function isLayerOf(file: HashedFile, pieceLength: number, layer: Uint8Array, sha256: Sha256): boolean {
  const count = countOf(file, pieceLength)
  if (layer.length !== NODE_LENGTH * count) return false
  const level = levelsOf(pieceLength / BLOCK_LENGTH)
  return equalBytes(rootOf(layer, level, treeWidth(count), sha256), file.root)
}

/** Whether `nodes` (32 bytes a piece) are right in whole: they may come from a file. */
export function areNodesOf(layered: Layered, nodes: Uint8Array, sha256: Sha256): boolean {
  const { files, pieceLength } = layered
  if (nodes.length !== knownNodes(layered).length) return false
  return files.every((file) => {
    const begin = NODE_LENGTH * file.piece
    const layer = nodes.subarray(begin, begin + NODE_LENGTH * countOf(file, pieceLength))
    return hasLayer(file, pieceLength)
      ? isLayerOf(file, pieceLength, layer, sha256)
      : equalBytes(layer, file.root)
  })
}

/**
 * The hash of each piece, 32 bytes each, by the `piece layers` at `at` of a torrent file that has been walked over before. Throws a remote error
 * unless all are there and right; what is of no file is passed over.
 */
export function readPieceLayers(
  bytes: Uint8Array,
  at: number,
  limits: BencodeLimits,
  layered: Layered,
  sha256: Sha256,
): Uint8Array {
  const nodes = knownNodes(layered)
  const missing = new Map<string, HashedFile[]>()
  for (const file of layeredFiles(layered)) {
    const root = toLatin1(file.root)
    missing.set(root, [...(missing.get(root) ?? []), file])
  }
  const cursor = new BencodeCursor(bytes, at, limits)
  if (cursor.step() !== TOKEN.dict) throw badLayers()
  while (cursor.step() === TOKEN.key) {
    const root = toLatin1(bytes, cursor.start, Math.min(cursor.end, cursor.start + NODE_LENGTH + 1))
    const token = cursor.step()
    const layer = token === TOKEN.string ? bytes.subarray(cursor.start, cursor.end) : undefined
    cursor.finish(token)
    for (const file of missing.get(root) ?? []) {
      if (layer === undefined || !isLayerOf(file, layered.pieceLength, layer, sha256)) throw badLayers()
      nodes.set(layer, NODE_LENGTH * file.piece)
    }
    missing.delete(root)
  }
  if (missing.size > 0) throw badLayers()
  return nodes
}

/** As they stand in a torrent file. */
export function pieceLayers(layered: Layered, nodes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const { pieceLength } = layered
  return new Map(
    layeredFiles(layered).map((file) => {
      const begin = NODE_LENGTH * file.piece
      return [
        toLatin1(file.root),
        nodes.subarray(begin, begin + NODE_LENGTH * countOf(file, pieceLength)),
      ] as const
    }),
  )
}

export function badLayers(): ReturnType<typeof metainfoError> {
  return metainfoError(
    'metainfo/bad-piece-layers',
    'The torrent file does not have the hashes of its pieces (piece layers), or wrong ones.',
  )
}
