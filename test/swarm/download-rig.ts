/** A download over memory, without peers or a disk. */
import { createHash } from 'node:crypto'
import { Bitfield } from '../../src/core/bitfield.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { RateLimits } from '../../src/core/rate-limit.ts'
import { Download } from '../../src/swarm/download.ts'
import type { DownloadInit } from '../../src/swarm/download-init.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { Padding } from '../../src/swarm/padding.ts'
import type { PeerSlot } from '../../src/swarm/peer-slot.ts'
import type { PieceAccount } from '../../src/swarm/piece-budget.ts'
import { Sha1Check } from '../../src/swarm/piece-check.ts'
import type { PieceStore } from '../../src/swarm/torrent-effects.ts'
import { fullSet, pickPeer, pieceBudget, seededDice } from './support.ts'

export const PIECE: number = 4 * BLOCK_LENGTH

/** Files one after another; negative lengths are padding. */
export function files(...lengths: readonly number[]) {
  let offset = 0
  return lengths.map((signed) => {
    const file = { offset, length: Math.abs(signed), pad: signed < 0 }
    offset += file.length
    return file
  })
}

export function lengthOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + Math.abs(length), 0)
}

/** A download whose peers answer at once with ones, into real memory, hashed for real. */
export class DownloadRig {
  readonly memory: Uint8Array
  readonly geometry: Geometry
  readonly account: PieceAccount = pieceBudget().join()
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
        account: this.account,
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
export function contentOf(lengths: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(lengths)).fill(1)
  for (const { offset, length, pad } of files(...lengths)) if (pad) bytes.fill(0, offset, offset + length)
  return bytes
}
