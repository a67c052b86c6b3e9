import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { Geometry } from '../../src/core/geometry.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { Sha1Check } from '../../src/swarm/piece-check.ts'
import { ServedCheck } from '../../src/swarm/served-check.ts'
import type { StoreDone } from '../../src/swarm/torrent-effects.ts'

const PIECE = 64 * 1024
const BLOCK = 16 * 1024
const COUNT = 100
const RIGHT = new Uint8Array(20)
const WRONG = new Uint8Array(20).fill(1)

/** A check whose hashes are answered at once, unless they are held. */
const GEOMETRY = new Geometry(COUNT * PIECE, PIECE)

class Bench {
  readonly have = Bitfield.all(COUNT)
  readonly hashed: number[] = []
  readonly lost: (readonly [piece: number, first: boolean])[] = []
  readonly rotten = new Set<number>()
  readonly answers: (() => void)[] = []
  held = false
  readonly check: ServedCheck

  constructor(share: number) {
    const hash = (piece: number, done: StoreDone<Uint8Array>): void => {
      this.hashed.push(piece)
      const answer = (): void => done(0, this.rotten.has(piece) ? WRONG : RIGHT, undefined)
      if (this.held) this.answers.push(answer)
      else answer()
    }
    this.check = new ServedCheck({
      geometry: GEOMETRY,
      check: new Sha1Check(GEOMETRY, new Uint8Array(20 * COUNT), nodeCrypto.sha1),
      have: this.have,
      store: { hash, digests() {}, leaves() {} },
      share,
      lost: (_now, piece, first) => {
        this.have.remove(piece)
        this.lost.push([piece, first])
      },
    })
  }

  /** Pieces are served whole, in their order. */
  serve(from: number, to: number): void {
    for (let piece = from; piece < to; piece++)
      for (let block = 0; block < PIECE / BLOCK; block++) this.check.served(piece, BLOCK)
  }
}

describe('the check of what is served', () => {
  it('SV13: hashes its share of it, and nothing at a share of 0', () => {
    for (const [share, pieces] of [
      [1 / 16, 6],
      [1 / 2, 50],
      [0, 0],
    ] as const) {
      const bench = new Bench(share)
      bench.serve(0, COUNT)
      assert.equal(bench.hashed.length, pieces)
    }
  })

  it('SV13: one that is wrong is lost, and all that is served is looked at until enough in a row is right', () => {
    const bench = new Bench(1 / 16)
    for (const piece of [15, 17, 20, 60]) bench.rotten.add(piece)
    bench.serve(0, 60)
    assert.deepEqual(bench.lost, [
      [15, true],
      [17, false],
      [20, false],
    ])
    assert.ok(bench.hashed.length < 12 + 4 + 16, `${bench.hashed.length}`)
  })

  it('SV13: one at a time, whatever is served meanwhile; what was fetched again in between is not lost', () => {
    const bench = new Bench(1)
    bench.held = true
    bench.rotten.add(0)
    bench.serve(0, 50)
    assert.deepEqual(bench.hashed, [0])
    bench.have.remove(0)
    bench.answers.pop()!()
    assert.deepEqual(bench.lost, [])
    bench.serve(50, 51)
    assert.deepEqual(bench.hashed, [0, 50])
  })
})
