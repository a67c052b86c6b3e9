import type { HashedFile } from '../codec/file-tree.ts'
import { type HashRequest, MOST_HASHES, proofsSent } from '../codec/hash-message.ts'
import type { Bitfield } from '../core/bitfield.ts'
import { concatBytes, EMPTY, toLatin1 } from '../core/bytes.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { emptyNode, layersOver, levelsOf, NODE_LENGTH, nodeAt, treeWidth } from '../core/merkle.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { PieceTrees } from './piece-trees.ts'
import type { PieceStore } from './torrent-effects.ts'

/** Blocks that are hashed for one answer, and for all a second. */
const MOST_BLOCKS = 1024
const BLOCKS_A_SECOND = 2048
/** Nodes of the trees over files that are kept, once worked out for an answer. */
const MOST_KEPT = 65_536

type Answer = (now: Micros, nodes: Uint8Array | undefined) => void

/**
 * Answers hash requests (BEP 52): from the hashes of pieces upwards out of memory, of blocks by hashing the pieces once more, as far as
 * they are had and that is not too much work. What lies between pieces and blocks is not given, nor need it be.
 */
export class HashServer {
  readonly #trees: PieceTrees
  readonly #files: ReadonlyMap<string, HashedFile>
  /** Layers from the pieces' to the root's, of files that were asked for last. */
  readonly #layers = new Map<HashedFile, readonly Uint8Array[]>()
  #kept = 0
  /** Blocks that may be hashed now. */
  #credit = BLOCKS_A_SECOND
  #credited: Micros = 0

  constructor(trees: PieceTrees) {
    this.#trees = trees
    this.#files = new Map(trees.files.map((file) => [toLatin1(file.root), file]))
  }

  /** `store` is `undefined` until there is one; answered at once, or by another input. */
  answer(
    now: Micros,
    request: HashRequest,
    from: { readonly store: PieceStore; readonly have: Bitfield } | undefined,
    done: Answer,
  ): void {
    const file = this.#files.get(toLatin1(request.root))
    if (file === undefined || !isLegal(request, file)) done(now, undefined)
    else if (request.base === 0 && this.#trees.level > 0) this.#leaves(now, file, request, from, done)
    else if (request.base < this.#trees.level || !this.#trees.knows(file.piece)) done(now, undefined)
    else done(now, this.#upper(file, request))
  }

  #upper(file: HashedFile, request: HashRequest): Uint8Array {
    const { base, index, length } = request
    const nodes = Array.from({ length }, (_, nth) => this.#node(file, base, index + nth))
    return concatBytes([...nodes, ...this.#proofs(file, request, EMPTY, 0)])
  }

  #leaves(
    now: Micros,
    file: HashedFile,
    request: HashRequest,
    from: { readonly store: PieceStore; readonly have: Bitfield } | undefined,
    done: Answer,
  ): void {
    const trees = this.#trees
    const perPiece = trees.pieceLength / BLOCK_LENGTH
    const first = file.piece + Math.floor(request.index / perPiece)
    const last = Math.min(
      file.piece + Math.floor((request.index + request.length - 1) / perPiece),
      file.piece + trees.countOf(file) - 1,
    )
    let blocks = 0
    for (let piece = first; piece <= last; piece++) blocks += trees.blocksOf(piece)
    const isThere =
      from !== undefined && blocks > 0 && allHad(from.have, first, last) && trees.knows(file.piece)
    if (!isThere || blocks > MOST_BLOCKS || !this.#affords(now, blocks)) {
      done(now, undefined)
      return
    }
    const parts: Uint8Array[] = []
    const next = (piece: number): void => {
      from.store.leaves(piece, 0, trees.lengthOf(piece), (at, leaves) => {
        if (leaves === undefined || !trees.fits(piece, leaves)) {
          done(at, undefined)
          return
        }
        parts.push(leaves)
        if (piece < last) next(piece + 1)
        else done(at, this.#withProofs(file, request, concatBytes(parts), (first - file.piece) * perPiece))
      })
    }
    next(first)
  }

  /** `leaves`: from the `begin`th of the file on. */
  #withProofs(file: HashedFile, request: HashRequest, leaves: Uint8Array, begin: number): Uint8Array {
    const own = new Uint8Array(NODE_LENGTH * request.length)
    own.set(leaves.subarray(NODE_LENGTH * (request.index - begin)).subarray(0, own.length))
    return concatBytes([own, ...this.#proofs(file, request, leaves, begin)])
  }

  /** The nodes beside the way up, below the root. */
  #proofs(file: HashedFile, request: HashRequest, leaves: Uint8Array, begin: number): Uint8Array[] {
    const { base, index, length } = request
    const height = heightOf(file)
    const nodes: Uint8Array[] = []
    let layer = base + levelsOf(length)
    let at = index / length
    for (let sent = proofsSent(request); sent > 0 && layer < height; sent--, layer++) {
      const beside = at % 2 === 0 ? at + 1 : at - 1
      nodes.push(
        layer >= this.#trees.level
          ? this.#node(file, layer, beside)
          : this.#inside(leaves, begin, layer, beside),
      )
      at = Math.floor(at / 2)
    }
    return nodes
  }

  /** A node within a piece. */
  #inside(leaves: Uint8Array, begin: number, layer: number, index: number): Uint8Array {
    const width = 2 ** layer
    const from = NODE_LENGTH * (index * width - begin)
    const own = leaves.subarray(from, from + NODE_LENGTH * width)
    if (own.length === 0) return emptyNode(layer, this.#trees.sha256)
    return layersOver(own, 0, width, this.#trees.sha256).at(-1)!
  }

  /** A node of the layer of the pieces, or above. */
  #node(file: HashedFile, layer: number, index: number): Uint8Array {
    const nodes = this.#layersOf(file)[layer - this.#trees.level]!
    return NODE_LENGTH * index < nodes.length ? nodeAt(nodes, index) : emptyNode(layer, this.#trees.sha256)
  }

  #layersOf(file: HashedFile): readonly Uint8Array[] {
    const known = this.#layers.get(file)
    if (known !== undefined) return known
    const { level, sha256 } = this.#trees
    const count = this.#trees.countOf(file)
    if (this.#kept + count > MOST_KEPT) {
      this.#layers.clear()
      this.#kept = 0
    }
    const layers = layersOver(this.#trees.layerOf(file), level, treeWidth(count), sha256)
    this.#layers.set(file, layers)
    this.#kept += count
    return layers
  }

  #affords(now: Micros, blocks: number): boolean {
    const earned = ((now - this.#credited) * BLOCKS_A_SECOND) / SECOND
    this.#credit = Math.min(this.#credit + earned, BLOCKS_A_SECOND)
    this.#credited = now
    if (this.#credit < blocks) return false
    this.#credit -= blocks
    return true
  }
}

/** Layers of a file's tree above its leaves. */
function heightOf(file: HashedFile): number {
  return levelsOf(Math.ceil(file.length / BLOCK_LENGTH))
}

/** Whether there are such nodes, and they may be asked for together. */
function isLegal({ base, index, length, proofs }: HashRequest, file: HashedFile): boolean {
  const height = heightOf(file)
  if (base > height || base + proofs > height) return false
  if (length < 2 || length > MOST_HASHES || treeWidth(length) !== length || index % length !== 0) return false
  return index + length <= 2 ** (height - base)
}

function allHad(have: Bitfield, first: number, last: number): boolean {
  for (let piece = first; piece <= last; piece++) if (!have.has(piece)) return false
  return true
}
