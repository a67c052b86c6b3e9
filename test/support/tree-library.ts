import type { HashRequest } from '../../src/codec/hash-message.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { levelsOf, rootOf, treeWidth } from '../../src/core/merkle.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HashServer } from '../../src/swarm/hash-server.ts'
import { PieceTrees } from '../../src/swarm/piece-trees.ts'
import type { PieceStore } from '../../src/swarm/torrent-effects.ts'

const { sha256 } = nodeCrypto

/** A torrent of files of so many blocks each, whose leaves are made up. */
export class TreeLibrary {
  readonly trees: PieceTrees
  readonly have: Bitfield
  readonly server: HashServer
  /** Pieces that were hashed. */
  readonly hashed: number[] = []
  now: Micros = 0
  readonly #leaves: Uint8Array[] = []

  constructor(pieceLength: number, blocks: readonly number[]) {
    const perPiece = pieceLength / BLOCK_LENGTH
    let piece = 0
    const nodes: Uint8Array[] = []
    const files = blocks.map((count, file) => {
      const leaves = Array.from({ length: count }, (_, block) =>
        sha256(Uint8Array.of(file, block, block >> 8)),
      )
      const begin = piece
      const short = count <= perPiece
      const layer: Uint8Array[] = []
      for (let from = 0; from < count; from += perPiece, piece++) {
        const own = concatBytes(leaves.slice(from, from + perPiece))
        this.#leaves.push(own)
        layer.push(rootOf(own, 0, short ? treeWidth(count) : perPiece, sha256))
      }
      nodes.push(...layer)
      const root = rootOf(concatBytes(layer), levelsOf(perPiece), treeWidth(layer.length), sha256)
      return { root, piece: begin, length: count * BLOCK_LENGTH - 7 }
    })
    this.trees = new PieceTrees({ files, pieceLength }, concatBytes(nodes), sha256)
    this.have = Bitfield.all(piece)
    this.server = new HashServer(this.trees)
  }

  readonly #store = {
    leaves: (
      piece: number,
      _begin: number,
      _length: number,
      done: (now: number, leaves: Uint8Array) => void,
    ) => {
      this.hashed.push(piece)
      done(this.now, this.#leaves[piece]!)
    },
  } as unknown as PieceStore

  /** A second later, so that there is time for it. */
  ask(request: HashRequest): Uint8Array | undefined {
    this.now += SECOND
    return this.askNow(request)
  }

  askNow(request: HashRequest): Uint8Array | undefined {
    let answer: Uint8Array | undefined
    this.server.answer(this.now, request, { store: this.#store, have: this.have }, (_now, nodes) => {
      answer = nodes
    })
    return answer
  }

  /** Leaves of a piece, as a want has them. */
  leavesOf(piece: number): Uint8Array {
    return this.#leaves[piece]!
  }

  request(change: Partial<HashRequest>): HashRequest {
    return { root: this.trees.files[0]!.root, base: 0, index: 0, length: 4, proofs: 0, ...change }
  }
}
