import type { HashedFile } from '../codec/file-tree.ts'
import { isLayerOf, type Layered, layeredFiles } from '../codec/piece-layers.ts'
import { equalBytes } from '../core/bytes.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { levelsOf, NO_LEAF, NODE_LENGTH, nodeAt, rootOf, treeWidth } from '../core/merkle.ts'

type Sha256 = (bytes: Uint8Array) => Uint8Array

/** The pieces of a torrent of version 2, each of one file, as nodes of the trees over these (BEP 52). */
export class PieceTrees {
  readonly pieceLength: number
  /** How many layers above the leaves the hashes of whole pieces lie. */
  readonly level: number
  readonly sha256: Sha256
  readonly #layered: Layered
  /** 32 bytes a piece, zeros where the hash is not known. */
  readonly #nodes: Uint8Array

  /** `nodes`: 32 bytes a piece, right as far as they are no zeros; taken over. */
  constructor(layered: Layered, nodes: Uint8Array, sha256: Sha256) {
    this.#layered = layered
    this.#nodes = nodes
    this.pieceLength = layered.pieceLength
    this.level = levelsOf(layered.pieceLength / BLOCK_LENGTH)
    this.sha256 = sha256
  }

  /** 32 bytes a piece; zeros where the hash is not known. A live view. */
  get nodes(): Uint8Array {
    return this.#nodes
  }

  get files(): readonly HashedFile[] {
    return this.#layered.files
  }

  /** Files of which not all is known. */
  get missing(): readonly HashedFile[] {
    return layeredFiles(this.#layered).filter((file) => !this.knows(file.piece))
  }

  /** The hash of a piece is known, and so are those of its file's others. */
  knows(piece: number): boolean {
    return !equalBytes(nodeAt(this.#nodes, piece), NO_LEAF)
  }

  nodeOf(piece: number): Uint8Array {
    return nodeAt(this.#nodes, piece)
  }

  /** The hashes of all pieces of a file, known or not. */
  layerOf(file: HashedFile): Uint8Array {
    const begin = NODE_LENGTH * file.piece
    return this.#nodes.subarray(begin, begin + NODE_LENGTH * this.countOf(file))
  }

  /** False when these are not the hashes of its pieces. */
  learn(file: HashedFile, layer: Uint8Array): boolean {
    if (!isLayerOf(file, this.pieceLength, layer, this.sha256)) return false
    this.#nodes.set(layer, NODE_LENGTH * file.piece)
    return true
  }

  countOf(file: HashedFile): number {
    return Math.ceil(file.length / this.pieceLength)
  }

  /** The file of a piece: the last that begins at it or before. */
  fileOf(piece: number): HashedFile {
    const { files } = this.#layered
    let low = 0
    let high = files.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (files[middle]!.piece <= piece) low = middle
      else high = middle - 1
    }
    return files[low]!
  }

  /** Bytes of a piece that are hashed: what is left of its file, without the padding behind. */
  lengthOf(piece: number): number {
    const file = this.fileOf(piece)
    return Math.min(this.pieceLength, file.length - (piece - file.piece) * this.pieceLength)
  }

  /** Its leaves that are blocks. */
  blocksOf(piece: number): number {
    return Math.ceil(this.lengthOf(piece) / BLOCK_LENGTH)
  }

  /** Leaves under its node: of a file that is shorter than a piece no more than that needs. */
  widthOf(piece: number): number {
    const { length } = this.fileOf(piece)
    return length > this.pieceLength
      ? this.pieceLength / BLOCK_LENGTH
      : treeWidth(Math.ceil(length / BLOCK_LENGTH))
  }

  /** Whether these leaves (32 bytes each; those beyond its blocks do not count) are what its hash is over. */
  fits(piece: number, leaves: Uint8Array): boolean {
    const own = leaves.subarray(0, NODE_LENGTH * this.blocksOf(piece))
    return equalBytes(rootOf(own, 0, this.widthOf(piece), this.sha256), this.nodeOf(piece))
  }
}
