/** Padding (BEP 47) is filled in, and never asked for. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { RateLimits } from '../../src/core/rate-limit.ts'
import { Download } from '../../src/swarm/download.ts'
import type { DownloadInit } from '../../src/swarm/download-init.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Padding } from '../../src/swarm/padding.ts'
import type { PeerSlot } from '../../src/swarm/peer-slot.ts'
import { Sha1Check } from '../../src/swarm/piece-check.ts'
import type { PieceStore } from '../../src/swarm/torrent-effects.ts'
import { fullSet, pickPeer, pieceBudget, seededDice } from './support.ts'

const PIECE = 4 * BLOCK_LENGTH

/** Files one after another; negative lengths are padding. */
function files(...lengths: readonly number[]) {
  let offset = 0
  return lengths.map((signed) => {
    const file = { offset, length: Math.abs(signed), pad: signed < 0 }
    offset += file.length
    return file
  })
}

function lengthOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + Math.abs(length), 0)
}

/** A download whose peers answer at once with ones, into real memory, hashed for real. */
class Rig {
  readonly memory: Uint8Array
  readonly geometry: Geometry
  readonly download: Download
  readonly asked: string[] = []
  readonly guilty: number[] = []
  readonly inconsistent: number[] = []
  gained = 0

  /** `truth`: what the hashes are of. */
  constructor(lengths: readonly number[], truth?: Uint8Array) {
    const length = lengthOf(lengths)
    this.memory = new Uint8Array(length).fill(7)
    this.geometry = new Geometry(length, PIECE)
    const right = truth ?? contentOf(lengths)
    const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest()
    const pieceOf = (bytes: Uint8Array, piece: number): Uint8Array =>
      bytes.subarray(piece * PIECE, piece * PIECE + this.geometry.lengthOf(piece))
    const hashes = Array.from({ length: this.geometry.pieceCount }, (_, piece) => sha1(pieceOf(right, piece)))
    const store: PieceStore = {
      write: (piece, offset, view) => this.memory.set(view, piece * PIECE + offset),
      hash: (piece, done) => done(0, sha1(pieceOf(this.memory, piece)), undefined),
      digests: (piece, begin, bytes, done) => {
        const at = piece * PIECE + begin
        const blocks = Array.from({ length: Math.ceil(bytes / BLOCK_LENGTH) }, (_, block) => {
          return sha1(
            this.memory.subarray(
              at + block * BLOCK_LENGTH,
              Math.min(at + bytes, at + (block + 1) * BLOCK_LENGTH),
            ),
          )
        })
        done(0, Buffer.concat(blocks), undefined)
      },
      leaves() {},
      flush: (_piece, _begin, _length, done) => done(0, undefined, undefined),
      release() {},
      read() {},
      recordWriting: (_piece, done) => done(0),
      recordWritten() {},
      recordDropped() {},
    }
    const init: DownloadInit = {
      ...{ now: 0, geometry: this.geometry, store },
      check: new Sha1Check(this.geometry, Buffer.concat(hashes), sha1),
      ...{ have: new Bitfield(this.geometry.pieceCount), options: resolveSwarmOptions() },
      ...{
        dice: seededDice(1),
        account: pieceBudget().join(),
        limit: RateLimits.NONE.down,
        slots: new Map(),
      },
      padding: new Padding(files(...lengths), this.geometry),
      outcome: {
        gained: () => {
          this.gained += 1
        },
        guilty: (_now, key) => this.guilty.push(key),
        inconsistent: (piece) => this.inconsistent.push(piece),
        truth: (now, _piece, done) => done(now, undefined),
        ...{ workAppeared() {}, trouble() {}, recovered() {} },
      },
    }
    this.download = new Download(init)
    this.download.fillPads()
  }

  /** Lets a peer with everything give one piece's worth after another until nothing is asked of it any more. */
  serve(key: number, byte = 1, most = Number.POSITIVE_INFINITY): void {
    const view = pickPeer(key, fullSet(this.geometry.pieceCount))
    let room = 0
    const peer = {
      ...{ choking: false, down: { rate: () => 1, total: 1 }, outstanding: 0 },
      wantsRequests: () => room-- > 0,
      request: (_now: number, piece: number, begin: number, length: number) => {
        this.asked.push(`${piece}:${begin}+${length}`)
        queue.push([piece, begin, length])
        return true
      },
      refillSoon() {},
      cancel() {},
    }
    const slot = Object.assign(view, { peer, measure() {} }) as unknown as PeerSlot
    const queue: [piece: number, begin: number, length: number][] = []
    this.download.picker.peerPieces(view.pieces)
    for (let served = 0; served < most; served++) {
      room = 1
      this.download.refill(0, slot)
      const next = queue.shift()
      if (next === undefined) break
      const [piece, begin, length] = next
      this.download.write(slot, piece, begin, new Uint8Array(length).fill(byte))
      this.download.block(0, slot, piece, begin, length)
    }
    this.download.picker.peerGone(view.pieces)
  }
}

/** Ones, and zeros where padding is. */
function contentOf(lengths: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(lengths)).fill(1)
  for (const { offset, length, pad } of files(...lengths)) if (pad) bytes.fill(0, offset, offset + length)
  return bytes
}

describe('padding', () => {
  it('CL23: is never asked for: blocks of nothing else not at all, others up to it, and hashes as zeros', () => {
    const lengths = [BLOCK_LENGTH + 10, 10 - PIECE + BLOCK_LENGTH, PIECE]
    const rig = new Rig(lengths)
    rig.serve(1)
    assert.deepEqual(rig.asked.filter((asked) => asked.startsWith('0:')).sort(), [
      `0:0+${BLOCK_LENGTH}`,
      `0:${BLOCK_LENGTH}+10`,
    ])
    assert.equal(rig.asked.length, 2 + 4)
    assert.equal(rig.download.complete, true)
    assert.deepEqual(rig.memory, contentOf(lengths))
  })

  it('CL23: pieces of nothing else come from nobody, one after another', () => {
    const lengths = [PIECE, -3 * PIECE, PIECE, -PIECE]
    const rig = new Rig(lengths)
    assert.equal(rig.gained, 4)
    rig.serve(1)
    assert.ok(rig.asked.every((asked) => asked.startsWith('0:') || asked.startsWith('4:')))
    assert.deepEqual([rig.asked.length, rig.download.complete], [8, true])
    assert.deepEqual(rig.memory, contentOf(lengths))
  })

  it('CL23: long pieces, which are written in runs, get theirs too', () => {
    const long = 8 * 1024 * 1024
    const padding = new Padding(files(100, 100 - long), new Geometry(long, long))
    assert.equal(padding.blocksOf(0).length, long / BLOCK_LENGTH - 1)
    assert.equal(padding.lengthOf(0, 0), 100)
  })

  it('TI20: a piece that three peers have each supplied alone, wrong for its padding, is the fault of the torrent, and nobody is blamed', () => {
    const lengths = [BLOCK_LENGTH, BLOCK_LENGTH - PIECE]
    const truth = contentOf(lengths).fill(1)
    const rig = new Rig(lengths, truth)
    for (const key of [1, 2]) {
      rig.serve(key, 1, 1)
      assert.deepEqual(rig.inconsistent, [], `after ${key}`)
    }
    rig.serve(3, 1, 1)
    assert.deepEqual([rig.inconsistent, rig.guilty], [[0], []])
  })

  it('TI20: padding alone that should be something else is found wrong at once', () => {
    const rig = new Rig([PIECE, -PIECE], new Uint8Array(2 * PIECE).fill(1))
    assert.deepEqual(rig.inconsistent, [1])
  })

  it('TI20: who supplied such a piece wrong is found guilty when it has come right', () => {
    const rig = new Rig([BLOCK_LENGTH, BLOCK_LENGTH - PIECE])
    rig.serve(1, 9, 1)
    assert.deepEqual([rig.guilty, rig.inconsistent], [[], []])
    rig.serve(2)
    assert.deepEqual([rig.guilty, rig.download.complete], [[1], true])
  })

  it('lies where the files say, for each byte', () => {
    const lengths = fc.array(fc.integer({ min: -3 * BLOCK_LENGTH, max: 3 * BLOCK_LENGTH }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(lengths, (given) => {
        fc.pre(lengthOf(given) > 0)
        const geometry = new Geometry(lengthOf(given), PIECE)
        const padding = new Padding(files(...given), geometry)
        const bytes = contentOf(given)
        for (let piece = 0; piece < geometry.pieceCount; piece++) {
          const whole = bytes.subarray(piece * PIECE, piece * PIECE + geometry.lengthOf(piece))
          assert.equal(padding.touches(piece), whole.includes(0))
          assert.equal(padding.whole.has(piece), !whole.includes(1))
          for (let block = 0; block < geometry.blocksOf(piece); block++) {
            const at = block * BLOCK_LENGTH
            const last = whole.subarray(at, at + geometry.blockLength(piece, block)).lastIndexOf(1)
            assert.equal(padding.lengthOf(piece, block), last + 1)
          }
        }
      }),
      { numRuns: 30 },
    )
  })
})
