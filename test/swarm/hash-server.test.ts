/** Hash requests (BEP 52): what is asked for, what is answered, and that the one fits the other. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MOST_HASHES, proofsSent } from '../../src/codec/hash-message.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { NODE_LENGTH } from '../../src/core/merkle.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HashWant } from '../../src/swarm/hash-wants.ts'
import { TreeLibrary } from '../support/tree-library.ts'

const { sha256 } = nodeCrypto

/** Everything is wanted, asked for and taken. */
function fetch(library: TreeLibrary, want: HashWant): Uint8Array | undefined {
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
        const library = new TreeLibrary(perPiece * BLOCK_LENGTH, blocks)
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
    const library = new TreeLibrary(4 * BLOCK_LENGTH, [3_000])
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
    const library = new TreeLibrary(BLOCK_LENGTH, [1_100])
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
  const library = new TreeLibrary(4 * BLOCK_LENGTH, [100, 3])

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
    const part = new TreeLibrary(4 * BLOCK_LENGTH, [100])
    part.have.remove(3)
    assert.equal(part.ask(part.request({ index: 12 })), undefined)
    assert.notEqual(part.ask(part.request({ index: 8 })), undefined)
    assert.notEqual(part.ask(part.request({ base: 2, length: 32 })), undefined)
  })

  it('are answered as far as there is time to hash', () => {
    const busy = new TreeLibrary(512 * BLOCK_LENGTH, [1_024])
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
