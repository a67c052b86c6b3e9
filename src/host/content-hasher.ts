import { createHash, type Hash } from 'node:crypto'
import { concatBytes } from '../core/bytes.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { levelsOf, NODE_LENGTH, rootOf, treeWidth } from '../core/merkle.ts'
import { nodeCrypto } from './crypto.ts'

const { sha256 } = nodeCrypto
const ZEROS = new Uint8Array(BLOCK_LENGTH)

/** Of a file that is empty both are. */
export interface TreeHashes {
  /** Of the tree over all of it (BEP 52). */
  readonly root: Uint8Array
  /** Of the trees over each of its pieces. */
  readonly layer: Uint8Array
}

/** Hashes content for a new torrent, file by file in their order: by pieces of all, by trees of each, or both, with padding then. */
export class ContentHasher {
  readonly #pieces: PieceHasher | undefined
  readonly #trees: TreeHasher | undefined

  constructor(pieceLength: number, version: 'v1' | 'v2' | 'hybrid') {
    this.#pieces = version === 'v2' ? undefined : new PieceHasher(pieceLength)
    this.#trees = version === 'v1' ? undefined : new TreeHasher(pieceLength)
  }

  /** A file of that length is next. */
  begin(length: number): void {
    this.#trees?.begin()
    if (this.#trees !== undefined && length > 0) this.#pieces?.align()
  }

  update(bytes: Uint8Array): void {
    this.#trees?.update(bytes)
    this.#pieces?.update(bytes)
  }

  /** After the last file. */
  finish(): { readonly pieces: Uint8Array | undefined; readonly trees: readonly TreeHashes[] | undefined } {
    return { pieces: this.#pieces?.finish(), trees: this.#trees?.finish() }
  }
}

/** The SHA-1 of each piece of what goes in. */
class PieceHasher {
  readonly #pieceLength: number
  readonly #digests: Uint8Array[] = []
  #hash: Hash = createHash('sha1')
  #inPiece = 0

  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  update(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const length = Math.min(bytes.length - from, this.#pieceLength - this.#inPiece)
      this.#hash.update(bytes.subarray(from, from + length))
      from += length
      this.#inPiece += length
      if (this.#inPiece === this.#pieceLength) this.#end()
    }
  }

  /** Zeros up to the next piece. */
  align(): void {
    while (this.#inPiece > 0)
      this.update(ZEROS.subarray(0, Math.min(ZEROS.length, this.#pieceLength - this.#inPiece)))
  }

  finish(): Uint8Array {
    if (this.#inPiece > 0) this.#end()
    return concatBytes(this.#digests)
  }

  #end(): void {
    this.#digests.push(this.#hash.digest())
    this.#hash = createHash('sha1')
    this.#inPiece = 0
  }
}

/** The tree of each file; of its leaves no more than those of a piece are kept. */
class TreeHasher {
  readonly #pieceLength: number
  readonly #trees: TreeHashes[] = []
  readonly #block = new Uint8Array(BLOCK_LENGTH)
  #inBlock = 0
  #leaves: Uint8Array[] = []
  #nodes: Uint8Array[] = []
  #begun = false

  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  begin(): void {
    if (this.#begun) this.#endFile()
    this.#begun = true
  }

  update(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const length = Math.min(bytes.length - from, BLOCK_LENGTH - this.#inBlock)
      this.#block.set(bytes.subarray(from, from + length), this.#inBlock)
      from += length
      this.#inBlock += length
      if (this.#inBlock === BLOCK_LENGTH) this.#endBlock()
    }
  }

  finish(): readonly TreeHashes[] {
    if (this.#begun) this.#endFile()
    return this.#trees
  }

  #endBlock(): void {
    this.#leaves.push(sha256(this.#block.subarray(0, this.#inBlock)))
    this.#inBlock = 0
    if (this.#leaves.length * BLOCK_LENGTH === this.#pieceLength) this.#endPiece(this.#leaves.length)
  }

  #endPiece(width: number): void {
    this.#nodes.push(rootOf(concatBytes(this.#leaves), 0, width, sha256))
    this.#leaves = []
  }

  #endFile(): void {
    if (this.#inBlock > 0) this.#endBlock()
    const blocks = this.#pieceLength / BLOCK_LENGTH
    // What is no longer than a piece is a tree no wider than it needs.
    if (this.#leaves.length > 0)
      this.#endPiece(this.#nodes.length > 0 ? blocks : treeWidth(this.#leaves.length))
    const layer = concatBytes(this.#nodes)
    const width = treeWidth(layer.length / NODE_LENGTH)
    const root = layer.length === 0 ? layer : rootOf(layer, levelsOf(blocks), width, sha256)
    this.#trees.push({ root, layer })
    this.#nodes = []
  }
}
