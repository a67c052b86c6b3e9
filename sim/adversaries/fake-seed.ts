import { Bitfield } from '../../src/core/bitfield.ts'
import type { Rng } from '../../src/core/rng.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import type { BlockSource } from '../../src/swarm/swarm-policies.ts'
import { FixedChoker } from './fixed-choker.ts'
import { IdlePicker } from './idle-picker.ts'

/** What requests are answered with: random bytes, nothing at all, a reject; or all are choked for good. */
export type FakeSeedAnswer = 'garbage' | 'silence' | 'reject' | 'choke'

/** A peer that says it has every piece and holds none (role `download`; it needs no content, and asks for none). */
export function fakeSeed(answer: FakeSeedAnswer): SessionPolicies {
  return {
    swarm: {
      picker: () => new IdlePicker(),
      choker: () => new FixedChoker(answer === 'choke' ? 'none' : 'all'),
      claims: (have) => {
        const all = new Bitfield(have.length)
        all.fill()
        return all
      },
      blocks: (store, dice) => pretending(store, answer, dice),
    },
  }
}

/** The read itself fails, for nothing is there; it tells the time. */
function pretending(store: BlockSource, answer: FakeSeedAnswer, dice: Rng): BlockSource {
  return {
    read: (piece, begin, length, done) => {
      if (answer === 'silence') return
      store.read(piece, begin, length, (now) => {
        const garbage = new Uint8Array(length)
        if (answer === 'garbage') dice.fill(garbage)
        done(now, answer === 'garbage' ? garbage : undefined, undefined)
      })
    },
  }
}
