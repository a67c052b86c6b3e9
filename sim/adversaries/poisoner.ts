import { below, type Rng, unit } from '../../src/core/rng.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import type { BlockSource } from '../../src/swarm/swarm-policies.ts'
import { FixedChoker } from './fixed-choker.ts'

export interface PoisonerInit {
  /** Share of the blocks it serves that are wrong, 0 to 1. */
  readonly share: number
}

/**
 * A peer that does all a good one does, serves whoever asks, and spoils some of what it sends. Poisoners with the content (role
 * `seed`) spoil from the first moment on, others what they have downloaded.
 */
export function poisoner({ share }: PoisonerInit): SessionPolicies {
  return {
    swarm: {
      choker: () => new FixedChoker('all'),
      blocks: (store, dice) => spoiling(store, share, dice),
    },
  }
}

function spoiling(store: BlockSource, share: number, dice: Rng): BlockSource {
  return {
    read: (piece, begin, length, done) => {
      store.read(piece, begin, length, (now, view, failure) => {
        const spoils = view !== undefined && unit(dice) < share
        done(now, spoils ? spoilt(view, dice) : view, failure)
      })
    },
  }
}

/** A copy with one wrong byte: what lies in the pool is everybody's. */
function spoilt(view: Uint8Array, dice: Rng): Uint8Array {
  const copy = view.slice()
  copy[below(dice, copy.length)]! ^= 0xff
  return copy
}
