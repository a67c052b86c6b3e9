import type { Address } from '../core/address.ts'
import { limitKey } from '../core/address.ts'
import { TokenBucket } from '../core/rate.ts'
import type { Micros } from '../core/time.ts'

/** Encrypted handshakes of strangers a second, and at once: at 0.3 ms each they take 3 % of a core. */
const RATE = 100
const BURST = 200
/** The same of one IP in the global scope. */
const RATE_PER_HOST = 1
const BURST_PER_HOST = 8
/** IPs that are counted; the one that came longest ago is forgotten, and so has its burst again. */
const MOST_HOSTS = 1024

/** How much arithmetic strangers may make us do who have shown nothing but a key. */
export class WorkLimit {
  #all: TokenBucket | undefined
  readonly #byHost = new Map<string, TokenBucket>()

  allows(now: Micros, from: Address): boolean {
    this.#all ??= new TokenBucket(now, RATE, BURST)
    const key = limitKey(from)
    const host = this.#byHost.get(key) ?? new TokenBucket(now, RATE_PER_HOST, BURST_PER_HOST)
    this.#byHost.delete(key)
    this.#byHost.set(key, host)
    if (this.#byHost.size > MOST_HOSTS) this.#byHost.delete(this.#byHost.keys().next().value!)
    return host.tryTake(now, 1) && this.#all.tryTake(now, 1)
  }
}
