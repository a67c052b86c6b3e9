import type { Address } from '../../core/address.ts'
import { TokenBucket } from '../../core/rate.ts'
import type { Micros } from '../../core/time.ts'
import type { Counters } from '../counters.ts'
import type { DhtOptions } from '../options.ts'

/**
 * How many new places a second all walks of a node together may write to. A router at home keeps a record for each place, for a minute or
 * two, and has room for some thousands: who walks faster loses the others in the house their connections.
 */
export class Reach {
  readonly #options: DhtOptions
  readonly #counters: Counters
  #rate: TokenBucket | undefined

  constructor({ options, counters }: { readonly options: DhtOptions; readonly counters: Counters }) {
    this.#options = options
    this.#counters = counters
  }

  /** Whether a query may leave for a place that the walk has not asked yet; in the narrower scopes no router lies between. */
  allows(now: Micros, { scope }: Address): boolean {
    const { reachRate, reachBurst } = this.#options
    if (scope !== 'global') return true
    this.#rate ??= new TokenBucket(now, reachRate, reachBurst)
    if (this.#rate.tryTake(now, 1)) return true
    this.#counters.drop('reach')
    return false
  }
}
