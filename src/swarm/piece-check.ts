/** How a piece is found right or wrong: by its SHA-1 (BEP 3), by the tree of its blocks (BEP 52), or by both. */
import { equalBytes } from '../core/bytes.ts'
import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import { NODE_LENGTH } from '../core/merkle.ts'
import type { Micros } from '../core/time.ts'
import type { PieceTrees } from './piece-trees.ts'
import type { PieceStore, StoreDone, StoreFailure } from './torrent-effects.ts'

/** SHA-1. Whoever could find another block of the same digest could as well find another piece of the same hash. */
const DIGEST_LENGTH = 20

/** What a piece turned out to be. */
export interface PieceFinding {
  readonly right: boolean
  /** Right by one of its hashes and wrong by the other: the torrent contradicts itself. */
  readonly contradicts: boolean
  /** Of its blocks, where they were worked out on the way. */
  readonly digests: Uint8Array | undefined
  /** It is wrong, and nothing but zeros. */
  isBlank(): boolean
}

type HashStore = Pick<PieceStore, 'hash' | 'digests' | 'leaves'>

export interface PieceCheck {
  /** Bytes of the digest of a block. */
  readonly digestLength: number
  /** Whether the padding of a piece has a part in its hash, and so may be what is wrong. */
  countsPadding(piece: number): boolean
  verify(store: HashStore, piece: number, done: StoreDone<PieceFinding>): void
  /** Of the blocks of a range that begins with one, as they are. */
  digests(store: HashStore, piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void
}

/** Torrents of version 1. */
export class Sha1Check implements PieceCheck {
  readonly digestLength: number = DIGEST_LENGTH
  readonly #geometry: Geometry
  readonly #hashes: Uint8Array
  readonly #sha1: (bytes: Uint8Array) => Uint8Array
  /** Of so many zeros. */
  readonly #zeros = new Map<number, Uint8Array>()

  /** `hashes`: 20 bytes a piece, as in the metainfo. */
  constructor(geometry: Geometry, hashes: Uint8Array, sha1: (bytes: Uint8Array) => Uint8Array) {
    this.#geometry = geometry
    this.#hashes = hashes
    this.#sha1 = sha1
  }

  countsPadding(): boolean {
    return true
  }

  verify(store: HashStore, piece: number, done: StoreDone<PieceFinding>): void {
    store.hash(piece, (now, digest, failure) => {
      if (digest === undefined) done(now, undefined, failure)
      else done(now, this.#judge(piece, digest), undefined)
    })
  }

  digests(store: HashStore, piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void {
    store.digests(piece, begin, length, done)
  }

  #judge(piece: number, digest: Uint8Array): PieceFinding {
    return {
      right: equalBytes(digest, this.#hashes.subarray(20 * piece, 20 * piece + 20)),
      contradicts: false,
      digests: undefined,
      isBlank: () => equalBytes(digest, this.#zeroHash(this.#geometry.lengthOf(piece))),
    }
  }

  #zeroHash(length: number): Uint8Array {
    let hash = this.#zeros.get(length)
    if (hash === undefined) {
      hash = this.#sha1(new Uint8Array(length))
      this.#zeros.set(length, hash)
    }
    return hash
  }
}

/** Torrents of version 2: the digest of a block is its leaf, and nothing where there is padding. */
export class TreeCheck implements PieceCheck {
  readonly digestLength: number = NODE_LENGTH
  readonly #geometry: Geometry
  readonly #trees: PieceTrees
  #zeroLeaf: Uint8Array | undefined

  constructor(geometry: Geometry, trees: PieceTrees) {
    this.#geometry = geometry
    this.#trees = trees
  }

  knows(piece: number): boolean {
    return this.#trees.knows(piece)
  }

  countsPadding(): boolean {
    return false
  }

  verify(store: HashStore, piece: number, done: StoreDone<PieceFinding>): void {
    this.digests(store, piece, 0, this.#geometry.lengthOf(piece), (now, digests, failure) => {
      if (digests === undefined) {
        done(now, undefined, failure)
        return
      }
      const right = this.#trees.fits(piece, digests)
      done(
        now,
        { right, contradicts: false, digests, isBlank: () => this.#isBlank(piece, digests) },
        undefined,
      )
    })
  }

  digests(store: HashStore, piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void {
    const digests = new Uint8Array(NODE_LENGTH * Math.ceil(length / BLOCK_LENGTH))
    const hashed = Math.min(length, this.#trees.lengthOf(piece) - begin)
    if (hashed <= 0) {
      // A question all the same, so that the answer comes in an input of its own.
      store.leaves(piece, begin, 0, (now, _none, failure) => {
        done(now, failure === undefined ? digests : undefined, failure)
      })
      return
    }
    store.leaves(piece, begin, hashed, (now, leaves, failure) => {
      if (leaves !== undefined) digests.set(leaves)
      done(now, leaves && digests, failure)
    })
  }

  #isBlank(piece: number, digests: Uint8Array): boolean {
    const { sha256 } = this.#trees
    this.#zeroLeaf ??= sha256(new Uint8Array(BLOCK_LENGTH))
    const length = this.#trees.lengthOf(piece)
    for (let block = 0; block * BLOCK_LENGTH < length; block++) {
      const bytes = Math.min(BLOCK_LENGTH, length - block * BLOCK_LENGTH)
      const leaf = bytes === BLOCK_LENGTH ? this.#zeroLeaf : sha256(new Uint8Array(bytes))
      if (!equalBytes(leaf, digests.subarray(NODE_LENGTH * block, NODE_LENGTH * (block + 1)))) return false
    }
    return true
  }
}

/** Hybrid torrents: both must agree (BEP 52, "Upgrade Path"), as far as the hashes of version 2 are known. */
export class HybridCheck implements PieceCheck {
  readonly digestLength: number
  readonly #first: Sha1Check
  readonly #second: TreeCheck

  constructor(first: Sha1Check, second: TreeCheck) {
    this.#first = first
    this.#second = second
    this.digestLength = second.digestLength
  }

  countsPadding(piece: number): boolean {
    return !this.#second.knows(piece)
  }

  verify(store: HashStore, piece: number, done: StoreDone<PieceFinding>): void {
    if (!this.#second.knows(piece)) {
      this.#first.verify(store, piece, done)
      return
    }
    const found: PieceFinding[] = []
    let failed: StoreFailure | undefined
    let answers = 0
    const take = (
      now: Micros,
      finding: PieceFinding | undefined,
      failure: StoreFailure | undefined,
    ): void => {
      answers += 1
      failed ??= failure
      if (finding !== undefined) found.push(finding)
      if (answers < 2) return
      if (failed !== undefined) done(now, undefined, failed)
      else done(now, together(found), undefined)
    }
    this.#first.verify(store, piece, take)
    this.#second.verify(store, piece, take)
  }

  digests(store: HashStore, piece: number, begin: number, length: number, done: StoreDone<Uint8Array>): void {
    this.#second.digests(store, piece, begin, length, done)
  }
}

function together(found: readonly PieceFinding[]): PieceFinding {
  return {
    right: found.every(({ right }) => right),
    contradicts: found.some(({ right }) => right) && found.some(({ right }) => !right),
    digests: found.find(({ digests }) => digests !== undefined)?.digests,
    isBlank: () => found.every((finding) => finding.isBlank()),
  }
}
