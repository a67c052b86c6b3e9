import type { Address } from '../../core/address.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import { RecentAddresses } from '../identity/recent-addresses.ts'
import type { DhtOptions } from '../options.ts'

const BITS = 11

/**
 * Who has asked us lately. What a host behind a translator sends to us lets in what we send to it, for some minutes, and nothing
 * of anybody else's: that it answers then does not show that others reach it.
 */
export class Askers {
  readonly #recent: RecentAddresses

  constructor({ checkSilence }: DhtOptions) {
    this.#recent = new RecentAddresses((checkSilence * SECOND) / 2, BITS)
  }

  asked(now: Micros, from: Address): void {
    this.#recent.add(now, from)
  }

  /** Whether an answer from `address` may be owed to its having asked us. A node that is asked by thousands cannot tell. */
  isGuest(now: Micros, address: Address): boolean {
    return address.scope === 'global' && this.#recent.has(now, address) && !this.#recent.isCrowded(now)
  }
}
