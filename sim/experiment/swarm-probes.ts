import { SECOND } from '../../src/core/time.ts'
import type { Member } from './member.ts'
import type { Stage } from './stage.ts'

/** Copies of each piece among the members of `groups` that are up. */
export function copiesOf(stage: Stage<unknown>, groups: readonly string[]): Uint32Array {
  const copies = new Uint32Array(stage.payload.geometry.pieceCount)
  for (const group of groups) {
    for (const member of stage.group(group)) {
      const pieces = member.isUp ? member.pieces : undefined
      if (pieces === undefined) continue
      for (let piece = 0; piece < copies.length; piece++) if (pieces.has(piece)) copies[piece]! += 1
    }
  }
  return copies
}

/** Copies of the rarest piece. */
export function rarest(stage: Stage<unknown>, groups: readonly string[]): number {
  return copiesOf(stage, groups).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

/**
 * How often a member lacks something that another has, over all ordered pairs of members that are not complete: 1 is ideal
 * entropy (Legout, Urvoy-Keller and Michiardi 2006). 1 where there are no pairs.
 */
export function interest(members: readonly Member[]): number {
  const partial = members.flatMap(({ isUp, pieces }) => {
    return isUp && pieces !== undefined && pieces.count > 0 && !pieces.full ? [pieces.bytes] : []
  })
  let interested = 0
  for (const mine of partial) {
    for (const theirs of partial) if (mine !== theirs && lacks(mine, theirs)) interested += 1
  }
  const pairs = partial.length * (partial.length - 1)
  return pairs === 0 ? 1 : interested / pairs
}

function lacks(mine: Uint8Array, theirs: Uint8Array): boolean {
  return mine.some((byte, i) => (theirs[i]! & ~byte) !== 0)
}

/** Bytes that the members' lines carried between `from` and `until` seconds, over what those lines could carry up. */
export class UplinkUse {
  readonly #carried = new Map<Member, number>()
  #capacity = 0
  #used = 0

  /** Counts from `from` to `until` seconds, or the end of the run, those of `members` who are up at the start. */
  constructor(stage: Stage<unknown>, members: readonly Member[], from: number, until: number) {
    const { world } = stage
    world.at(Math.floor(from * SECOND), () => {
      for (const member of members) if (member.isUp) this.#carried.set(member, member.host.up.carried)
    })
    world.at(Math.floor(until * SECOND), () => {
      for (const [member, before] of this.#carried) {
        this.#used += member.host.up.carried - before
        this.#capacity += member.host.up.rate * (until - from)
      }
    })
  }

  /** 0 to 1; `NaN` when the time was never reached. */
  get share(): number {
    return this.#used / this.#capacity
  }
}
