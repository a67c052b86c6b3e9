import type { SessionPolicies } from '../../src/session/policies.ts'
import { FixedChoker } from './fixed-choker.ts'

export interface FreeRiderInit {
  /**
   * Neighbours it keeps (large view), over those of its `add` command; it dials as fast as that takes. Its session's
   * `maxPeers` must allow them. Default: as many as everybody.
   */
  readonly neighbours?: number
}

/** A peer that takes and never gives: it unchokes nobody, and what it has granted by BEP 6 it rejects. */
export function freeRider({ neighbours }: FreeRiderInit = {}): SessionPolicies {
  const largeView = neighbours !== undefined && {
    options: { connections: neighbours, halfOpen: Math.min(neighbours, 1_024), dialRate: neighbours },
  }
  return {
    swarm: {
      choker: () => new FixedChoker('none'),
      blocks: (store) => ({
        read: (piece, begin, length, done) => {
          store.read(piece, begin, length, (now, _view, failure) => done(now, undefined, failure))
        },
      }),
      ...largeView,
    },
  }
}
