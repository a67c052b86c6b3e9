import { encodeInfo } from '../../src/codec/metainfo.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import type { Id } from '../../src/core/id.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { StoreSpec } from '../../src/session/ports.ts'
import { Extents } from './extents.ts'
import { hashOf } from './piece-hash.ts'
import { POOL_STARTS, pool } from './pool.ts'
import { SharedPiece } from './shared-piece.ts'

export interface PayloadInit {
  readonly seed: number
  readonly name: string
  readonly length: number
  readonly pieceLength: number
}

/**
 * A torrent whose content is a function of (seed, offset): each block is a view of the pool, so a swarm of thousands holds
 * the content once. Metainfo and hashes are real.
 */
export class Payload {
  readonly geometry: Geometry
  readonly name: string
  /** The info dictionary's raw bytes. */
  readonly info: Uint8Array
  readonly infoHash: Id
  readonly #seed: number
  readonly #pieces: SharedPiece[] = []

  constructor({ seed, name, length, pieceLength }: PayloadInit) {
    this.#seed = seed
    this.name = name
    this.geometry = new Geometry(length, pieceLength)
    const hashes: Uint8Array[] = []
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      hashes.push(hashOf(this.piece(piece), this.geometry.lengthOf(piece)))
    }
    this.info = encodeInfo({ name, pieceLength, pieces: concatBytes(hashes), length, private: false })
    this.infoHash = nodeCrypto.sha1(this.info)
  }

  /** The bytes of a block: a view of the pool, to be read only. */
  block(piece: number, block: number): Uint8Array {
    const offset = this.geometry.offsetOf(piece) + block * BLOCK_LENGTH
    let mixed = Math.imul(this.#seed ^ Math.imul(offset / BLOCK_LENGTH, 0x9e3779b1), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    const start = ((mixed ^ (mixed >>> 16)) >>> 0) % POOL_STARTS
    return pool().subarray(start, start + this.geometry.blockLength(piece, block))
  }

  /** A whole piece, the same object for all. */
  piece(piece: number): SharedPiece {
    this.#pieces[piece] ??= SharedPiece.of(this.#made(piece), this.geometry.lengthOf(piece))!
    return this.#pieces[piece]
  }

  #made(piece: number): Extents {
    const extents = new Extents()
    for (let block = 0; block < this.geometry.blocksOf(piece); block++) {
      extents.put(block * BLOCK_LENGTH, this.block(piece, block))
    }
    return extents
  }

  /** How a store of it in folder `out` is asked for. */
  storeSpec(out: string): StoreSpec {
    const { length, pieceLength } = this.geometry
    const files = [{ path: [this.name], length, pad: false }]
    return {
      infoHash: this.infoHash,
      out,
      pieceLength,
      length,
      files,
      readOnly: false,
      overwrite: false,
      ephemeral: false,
    }
  }
}
