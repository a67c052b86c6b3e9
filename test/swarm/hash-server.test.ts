/** Hash requests (BEP 52): what is asked for, what is answered, and that the one fits the other. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type HashRequest, MOST_HASHES, proofsSent } from '../../src/codec/hash-message.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { levelsOf, NODE_LENGTH, rootOf, treeWidth } from '../../src/core/merkle.ts'
import { SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HashServer } from '../../src/swarm/hash-server.ts'
import { HashWant } from '../../src/swarm/hash-wants.ts'
import { PieceTrees } from '../../src/swarm/piece-trees.ts'
import type { PieceStore } from '../../src/swarm/torrent-effects.ts'

const { sha256 } = nodeCrypto

/** A torrent of files of so many blocks each, whose leaves are made up. */
class Library {
  readonly trees: PieceTrees
  readonly have: Bitfield
  readonly server: HashServer
  /** Pieces that were hashed. */
  readonly hashed: number[] = []
  now = 0
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

/** Everything is wanted, asked for and taken. */
function fetch(library: Library, want: HashWant): Uint8Array | undefined {
  for (const request of want.requests) {
    const nodes = library.ask(request)
    assert.equal(nodes?.length, NODE_LENGTH * (request.length + proofsSent(request)))
    assert.equal(want.take(request, nodes), true)
  }
  return want.nodes
}

describe('hashes that are asked for', () => {
  const shapes = fc.record({
    perPiece: fc.constantFrom(1, 2, 4, 16, 1024),
    blocks: fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1, maxLength: 3 }),
  })

  it('V8, V9: of pieces and of blocks are given, and prove themselves', () => {
    fc.assert(
      fc.property(shapes, ({ perPiece, blocks }) => {
        const library = new Library(perPiece * BLOCK_LENGTH, blocks)
        const { trees } = library
        for (const file of trees.files) {
          if (trees.countOf(file) > 1)
            assert.deepEqual(fetch(library, HashWant.layer(trees, file)), trees.layerOf(file))
        }
        for (let piece = 0; piece < library.have.length; piece += 7) {
          if (trees.widthOf(piece) > 1)
            assert.deepEqual(fetch(library, HashWant.leaves(trees, piece)), library.leavesOf(piece))
        }
      }),
      { numRuns: 25 },
    )
  })

  it('V9: are not taken when a bit of them is another', () => {
    const library = new Library(4 * BLOCK_LENGTH, [3_000])
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (nth, bit) => {
        const want = HashWant.layer(library.trees, library.trees.files[0]!)
        const request = want.requests[nth % want.requests.length]!
        const nodes = library.ask(request)!.slice()
        nodes[(bit >> 3) % nodes.length]! ^= 1 << (bit & 7)
        assert.equal(want.take(request, nodes), false)
        assert.equal(want.nodes, undefined)
      }),
      { numRuns: 50 },
    )
  })

  it('of a long layer come in parts of no more than 512, with the nodes beside their way', () => {
    const library = new Library(BLOCK_LENGTH, [1_100])
    const want = HashWant.layer(library.trees, library.trees.files[0]!)
    assert.deepEqual(
      want.requests.map(({ base, index, length, proofs }) => [base, index, length, proofs]),
      [
        [0, 0, 512, 10],
        [0, 512, 512, 10],
        [0, 1024, 512, 10],
      ],
    )
    assert.deepEqual(want.requests.map(proofsSent), [2, 2, 2])
  })
})

describe('hash requests of others', () => {
  // Of 100 blocks in 25 pieces: a tree of 128 leaves, whose root is 7 layers above them.
  const library = new Library(4 * BLOCK_LENGTH, [100, 3])

  for (const [what, change] of [
    ['index that is no multiple of the length', { index: 2 }],
    ['length of 1', { length: 1 }],
    ['length of 0', { length: 0 }],
    ['length of 3', { length: 3 }],
    ['length of 1024', { length: 1_024 }],
    ['length beyond the tree', { length: 256 }],
    ['length of 2^31', { length: 2 ** 31 }],
    ['base beyond the tree', { base: 8 }],
    ['base of 2^32 - 1', { base: 2 ** 32 - 1 }],
    ['base between blocks and pieces', { base: 1 }],
    ['index beyond the tree', { index: 128 }],
    ['index of 2^32 - 4', { index: 2 ** 32 - 4 }],
    ['index behind the last block', { index: 100 }],
    ['root that is none of its files', { root: sha256(new Uint8Array(1)) }],
    ['proof of 100 layers', { proofs: 100 }],
    ['proof beyond the root', { base: 2, proofs: 6 }],
    ['proof of 2^32 - 1 layers', { proofs: 2 ** 32 - 1 }],
  ] as const) {
    it(`V8: with a ${what} are rejected, and nothing is read`, () => {
      library.hashed.length = 0
      assert.equal(library.ask(library.request(change)), undefined)
      assert.deepEqual(library.hashed, [])
    })
  }

  it('V8: for any nodes at all are answered with what the tree has, or not at all', () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 9 }),
      fc.nat(200),
      fc.nat(2 ** 31),
      fc.constantFrom(4, 8, 16, 64),
    )
    const request = fc.record({
      base: number,
      index: number,
      length: number,
      proofs: number,
      file: fc.nat(1),
    })
    fc.assert(
      fc.property(request, ({ file, ...change }) => {
        const { root } = library.trees.files[file]!
        const answer = library.ask({ root, ...change })
        if (answer === undefined) return
        assert.ok(change.length <= MOST_HASHES)
        assert.ok(answer.length <= NODE_LENGTH * (change.length + 7))
      }),
      { numRuns: 2_000 },
    )
  })

  it('V8: of pieces that we have not are rejected, and those of a layer above are not', () => {
    const part = new Library(4 * BLOCK_LENGTH, [100])
    part.have.remove(3)
    assert.equal(part.ask(part.request({ index: 12 })), undefined)
    assert.notEqual(part.ask(part.request({ index: 8 })), undefined)
    assert.notEqual(part.ask(part.request({ base: 2, length: 32 })), undefined)
  })

  it('are answered as far as there is time to hash', () => {
    const busy = new Library(512 * BLOCK_LENGTH, [1_024])
    busy.ask(busy.request({ length: 512 }))
    for (let nth = 0; nth < 100; nth++) busy.askNow(busy.request({ length: 512 }))
    assert.equal(busy.hashed.length, 4, 'of 512 blocks each')
    assert.notEqual(busy.ask(busy.request({ length: 512 })), undefined)
  })

  it('are rejected before anything is known', () => {
    let answers = 0
    library.server.answer(0, library.request({}), undefined, (_now, nodes) => {
      answers += 1
      assert.equal(nodes, undefined)
    })
    assert.equal(answers, 1)
  })
})
