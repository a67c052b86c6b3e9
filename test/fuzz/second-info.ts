import { fileTree } from '../../src/codec/file-tree.ts'
import { encodeInfo, type Info, parseInfo } from '../../src/codec/metainfo.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { TreeLibrary } from '../support/tree-library.ts'

/** Forty pieces of two blocks. */
const PIECE_LENGTH = 2 * BLOCK_LENGTH
const BLOCKS = 80

/** All hashes of the torrent of version 2 that is attacked. */
export function secondLibrary(): TreeLibrary {
  return new TreeLibrary(PIECE_LENGTH, [BLOCKS])
}

export function secondInfo(): Info {
  const [file] = secondLibrary().trees.files
  const tree = fileTree([{ path: ['n'], length: file!.length, root: file!.root }])
  return parseInfo(encodeInfo({ name: 'n', pieceLength: PIECE_LENGTH, fileTree: tree }), nodeCrypto)
}
