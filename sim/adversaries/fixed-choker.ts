import { type Micros, SECOND } from '../../src/core/time.ts'
import type { ChokePeer, ChokePolicy } from '../../src/swarm/choke-policy.ts'
import type { PeerKey } from '../../src/swarm/piece-tracker.ts'

const INTERVAL: Micros = 10 * SECOND

/** Lets everybody download who wants to, or nobody, whatever they give and however many they are. */
export class FixedChoker implements ChokePolicy {
  readonly #generous: boolean
  #nextRound: Micros = 0

  constructor(whom: 'all' | 'none') {
    this.#generous = whom === 'all'
  }

  round(now: Micros, peers: readonly ChokePeer[]): ReadonlySet<PeerKey> {
    this.#nextRound = now + INTERVAL
    return new Set(peers.filter((peer) => this.admit(now, peer)).map(({ key }) => key))
  }

  admit(_now: Micros, { interested }: ChokePeer): boolean {
    return this.#generous && interested
  }

  free(): void {}

  get hasFreeSlot(): boolean {
    return this.#generous
  }

  nextDeadline(): Micros {
    return this.#nextRound
  }
}
