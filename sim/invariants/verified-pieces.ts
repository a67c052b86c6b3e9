import { equalBytes } from '../../src/core/bytes.ts'
import type { Member } from '../experiment/member.ts'
import { FOLDER, type Stage } from '../experiment/stage.ts'
import { hashOf } from '../payload/piece-hash.ts'
import type { Accuse, Invariant } from './invariant.ts'

/** The recorded pieces of a member that were looked at. */
interface Seen {
  /** In this life; what it believes of its disk in the next is another matter. */
  readonly life: number
  readonly pieces: Uint8Array
}

/**
 * What a peer has recorded, and so announces and serves, is right on its disk: each piece is looked at once in each life,
 * with the eyes of one who knows the content. Disks that spoil what they are given are no fault of the peer's.
 */
export class VerifiedPieces implements Invariant {
  readonly name = 'recorded only when verified'
  readonly #stage: Stage<unknown>
  readonly #accuse: Accuse
  readonly #seen = new Map<Member, Seen>()

  constructor(stage: Stage<unknown>, accuse: Accuse) {
    this.#stage = stage
    this.#accuse = accuse
  }

  inspect(member: Member): void {
    const { pieces } = member
    if (pieces === undefined || member.host.disk.hasLied) return
    const { lives } = member.host
    let looked = this.#seen.get(member)
    if (looked?.life !== lives) {
      looked = { life: lives, pieces: new Uint8Array(pieces.bytes.length) }
      this.#seen.set(member, looked)
    }
    const seen = looked.pieces
    for (let i = 0; i < seen.length; i++) {
      let fresh = pieces.bytes[i]! & ~seen[i]!
      seen[i] = pieces.bytes[i]!
      for (let bit = 0; fresh !== 0; bit++) {
        const mask = 0x80 >> bit
        if ((fresh & mask) === 0) continue
        fresh &= ~mask
        this.#check(member, 8 * i + bit)
      }
    }
  }

  #check(member: Member, piece: number): void {
    const { payload } = this.#stage
    const length = payload.geometry.lengthOf(piece)
    const content = member.host.disk.volume(payload.storeSpec(FOLDER)).content(piece)
    const isRight =
      content.covers(0, length) && equalBytes(hashOf(content, length), hashOf(payload.piece(piece), length))
    if (isRight) return
    const text = `host ${member.host.index} has recorded piece ${piece}, which is not right on its disk`
    this.#accuse(this.name, text, member)
  }
}
