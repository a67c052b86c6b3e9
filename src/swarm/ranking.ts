import type { Address } from '../core/address.ts'
import { peerPriority } from '../core/peer-priority.ts'

/** How a peer at an address ranks among others of its kind: 32 bits without sign, the greater the better. */
export type Ranking = (peer: Address) => number

/** Neither before nor behind the others. */
const MIDDLE = 2 ** 31

export const unranked: Ranking = () => MIDDLE

/**
 * Ranks peers by canonical priority (BEP 40), so that whom one side prefers prefers it too, and whoever wants many places needs many
 * addresses. `own`: where others see us, as far as it is known; a peer of another family or scope than any of these is in the middle.
 */
export function rankingFrom(own: () => readonly Address[]): Ranking {
  return (peer) => {
    const self = own().find(({ family, scope }) => family === peer.family && scope === peer.scope)
    return self === undefined ? MIDDLE : peerPriority(self, peer)
  }
}
