import type { HashedFile } from '../codec/file-tree.ts'
import { type HashRequest, MOST_HASHES } from '../codec/hash-message.ts'
import { concatBytes, equalBytes } from '../core/bytes.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { climb, levelsOf, NODE_LENGTH, rootOf, treeWidth } from '../core/merkle.ts'
import type { PieceTrees } from './piece-trees.ts'

/** Nodes of one layer that lie together under a node that is known; asked for in parts of at most 512. */
export class HashWant {
  readonly requests: readonly HashRequest[]
  /** A piece that they belong to: who has it can give them. */
  readonly piece: number
  readonly #trees: PieceTrees
  /** The node over all of them, and how many layers it lies above. */
  readonly #top: Uint8Array
  /** How many of them there are; what follows is beyond the end. */
  readonly #count: number
  readonly #parts: (Uint8Array | undefined)[]

  private constructor(trees: PieceTrees, piece: number, { root, base, first, width, count, top }: Nodes) {
    this.#trees = trees
    this.piece = piece
    this.#top = top
    this.#count = count
    const length = Math.min(width, MOST_HASHES)
    // Up to the layer below the node that is known.
    const proofs = width > length ? levelsOf(width) - 1 : 0
    this.requests = Array.from({ length: Math.ceil(count / length) }, (_, part) => {
      return { root, base, index: first + part * length, length, proofs }
    })
    this.#parts = this.requests.map(() => undefined)
  }

  /** The hashes of all pieces of a file that has several. */
  static layer(trees: PieceTrees, file: HashedFile): HashWant {
    const count = trees.countOf(file)
    const { root } = file
    const nodes = { root, base: trees.level, first: 0, width: treeWidth(count), count, top: root }
    return new HashWant(trees, file.piece, nodes)
  }

  /** Those of the blocks of a piece that has several. */
  static leaves(trees: PieceTrees, piece: number): HashWant {
    const file = trees.fileOf(piece)
    const first = ((piece - file.piece) * trees.pieceLength) / BLOCK_LENGTH
    const width = trees.widthOf(piece)
    const count = trees.blocksOf(piece)
    return new HashWant(trees, piece, {
      ...{ root: file.root, base: 0, first, width, count, top: trees.nodeOf(piece) },
    })
  }

  /** What came for one of the requests: false when it leads to another node. `nodes` is lent. */
  take(request: HashRequest, nodes: Uint8Array): boolean {
    const { sha256 } = this.#trees
    const own = nodes.subarray(0, NODE_LENGTH * request.length)
    const node = rootOf(own, request.base, request.length, sha256)
    const index = request.index / request.length
    const top = climb(node, index, nodes.subarray(own.length), sha256)
    if (!equalBytes(top.node, this.#top)) return false
    this.#parts[this.requests.indexOf(request)] = own.slice()
    return true
  }

  /** All of them, once all have come. */
  get nodes(): Uint8Array | undefined {
    const parts = this.#parts.filter((part) => part !== undefined)
    if (parts.length < this.#parts.length) return undefined
    return concatBytes(parts).subarray(0, NODE_LENGTH * this.#count)
  }
}

interface Nodes {
  readonly root: Uint8Array
  readonly base: number
  readonly first: number
  readonly width: number
  readonly count: number
  readonly top: Uint8Array
}
