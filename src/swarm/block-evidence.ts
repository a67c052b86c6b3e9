import { equalBytes } from '../core/bytes.ts'
import { NO_PEER, type PeerKey } from './open-piece.ts'

/** Blocks remembered, 24 bytes each (36 of version 2): the longest piece has 32,768. */
const MOST_BLOCKS = 65_536
/** Copies remembered, since each costs something however short it is. */
const MOST_COPIES = 4096

/** A piece as it came when its hash was wrong: per block who sent it, and its digest, each as long as the others. */
export interface BadCopy {
  readonly piece: number
  readonly suppliers: ArrayLike<PeerKey>
  readonly digests: Uint8Array
}

/** Each peer once; `innocent` sent a part of a bad copy, and nothing of it was wrong. */
export interface Finding {
  readonly guilty: readonly PeerKey[]
  readonly innocent: readonly PeerKey[]
}

export interface EvidenceCaps {
  readonly blocks: number
  readonly copies: number
}

/**
 * What is remembered of pieces that several peers spoiled, until a good copy tells which blocks were wrong. When it is too much, the
 * piece that failed longest ago is forgotten, its oldest copy first.
 */
export class BlockEvidence {
  /** Copies given up for lack of room. */
  forgotten = 0
  readonly #caps: EvidenceCaps
  /** By piece, the one that failed last at the end. */
  readonly #copies = new Map<number, BadCopy[]>()
  #count = 0
  #blocks = 0

  constructor(caps: EvidenceCaps = { blocks: MOST_BLOCKS, copies: MOST_COPIES }) {
    this.#caps = caps
  }

  holds(piece: number): boolean {
    return this.#copies.has(piece)
  }

  /** Keeps a bad copy. Who has now sent two different contents for one block, and so at least one that is wrong (CL11). */
  add(copy: BadCopy): readonly PeerKey[] {
    const earlier = this.#copies.get(copy.piece) ?? []
    const fickle = new Set<PeerKey>()
    for (const old of earlier) {
      for (const block of differences(old, copy.digests)) {
        const peer = old.suppliers[block]!
        if (peer !== NO_PEER && peer === copy.suppliers[block]) fickle.add(peer)
      }
    }
    this.#copies.delete(copy.piece)
    this.#copies.set(copy.piece, [...earlier, copy])
    this.#count += 1
    this.#blocks += copy.suppliers.length
    while (this.#blocks > this.#caps.blocks || this.#count > this.#caps.copies) this.#forget()
    return [...fickle]
  }

  /** The digests of the good copy are known: who sent what differs from it (CL9, CL12). The piece is forgotten. */
  judge(piece: number, digests: Uint8Array): Finding {
    const guilty = new Set<PeerKey>()
    const involved = new Set<PeerKey>()
    for (const copy of this.#copies.get(piece) ?? []) {
      for (let block = 0; block < copy.suppliers.length; block++) involved.add(copy.suppliers[block]!)
      for (const block of differences(copy, digests)) guilty.add(copy.suppliers[block]!)
      this.#count -= 1
      this.#blocks -= copy.suppliers.length
    }
    this.#copies.delete(piece)
    return { guilty: [...guilty], innocent: [...involved].filter((peer) => !guilty.has(peer)) }
  }

  #forget(): void {
    const [piece, copies] = this.#copies.entries().next().value!
    const oldest = copies.shift()!
    if (copies.length === 0) this.#copies.delete(piece)
    this.#count -= 1
    this.#blocks -= oldest.suppliers.length
    this.forgotten += 1
  }
}

/** The blocks that are not the same. */
function differences(copy: BadCopy, digests: Uint8Array): number[] {
  const blocks = Array.from({ length: copy.suppliers.length }, (_, block) => block)
  const length = copy.digests.length / copy.suppliers.length
  const of = (all: Uint8Array, block: number) => all.subarray(length * block, length * (block + 1))
  return blocks.filter((block) => !equalBytes(of(copy.digests, block), of(digests, block)))
}
