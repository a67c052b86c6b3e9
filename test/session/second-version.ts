import type { Payload } from '../../sim/payload/payload.ts'
import { fileTree } from '../../src/codec/file-tree.ts'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { levelsOf, NODE_LENGTH, rootOf, treeWidth } from '../../src/core/merkle.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { OtherInfo } from './virtual-swarm.ts'

const { sha1, sha256 } = nodeCrypto

/** How the hashes of both versions are made to disagree: of the first piece one of them is of something else. */
export type Lie = 'first' | 'second'

/** The content as a torrent of version 2, or of both. */
export function secondVersion(kind: 'v2' | 'hybrid', lie?: Lie | 'private'): (payload: Payload) => OtherInfo {
  return (payload) => {
    const { geometry, name } = payload
    const { pieceLength, length } = geometry
    const nodes = Array.from({ length: geometry.pieceCount }, (_, piece) => {
      const count = geometry.blocksOf(piece)
      const leaves = Array.from({ length: count }, (_leaf, block) => sha256(payload.block(piece, block)))
      if (piece === 0 && lie === 'second') leaves[0]!.fill(1)
      const width = geometry.pieceCount > 1 ? pieceLength / BLOCK_LENGTH : treeWidth(count)
      return rootOf(concatBytes(leaves), 0, width, sha256)
    })
    const layers = concatBytes(nodes)
    const width = treeWidth(layers.length / NODE_LENGTH)
    const root = rootOf(layers, levelsOf(pieceLength / BLOCK_LENGTH), width, sha256)
    const pieces = parseInfo(payload.info, nodeCrypto).pieces!.slice()
    if (lie === 'first') pieces.fill(1, 0, 20)
    const bytes = encodeInfo({
      ...{ name, pieceLength, length, fileTree: fileTree([{ path: [name], length, root }]) },
      pieces: kind === 'hybrid' ? pieces : undefined,
      private: lie === 'private',
    })
    const v2Hash = sha256(bytes)
    return { bytes, v2Hash, layers, infoHash: kind === 'hybrid' ? sha1(bytes) : v2Hash.subarray(0, 20) }
  }
}
