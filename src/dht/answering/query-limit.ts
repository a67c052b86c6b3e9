import { type Address, limitKey, type Scope } from '../../core/address.ts'
import { TokenBucket } from '../../core/rate.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'

/**
 * How many queries are answered: per source and in all, by the rates of its scope. A source is
 * one number, the time until which what it was granted is used up, renewed in place.
 */
export class QueryLimit {
  readonly #options: DhtOptions
  /** After so long without a query every source has its full grant again and can be forgotten. */
  readonly #horizon: Micros
  #young = new SparseMap<string, Micros>()
  #old = new SparseMap<string, Micros>()
  #turn: Micros = 0
  readonly #all = new SparseMap<Scope, TokenBucket>()

  constructor(options: DhtOptions) {
    this.#options = options
    const slowest = Math.min(...Object.values(options.queryRate))
    this.#horizon = Math.ceil((options.queryBurst / slowest) * SECOND)
  }

  /** Sources remembered. */
  get sources(): number {
    return this.#young.size + this.#old.size
  }

  /** Whether a query that came from `source` is answered. */
  allows(now: Micros, source: Address): boolean {
    const rate = this.#options.queryRate[source.scope]
    if (rate === Number.POSITIVE_INFINITY) return this.#allowsAll(now, source.scope, false)
    const cost = Math.ceil(SECOND / rate)
    const key = limitKey(source)
    const used = Math.max(this.#young.get(key) ?? this.#old.get(key) ?? now, now)
    const most = (this.#options.queryBurst - 1) * cost
    if (used - now > most) return false
    const isFull = this.#young.size >= this.#options.maxSources >> 1 && !this.#young.has(key)
    if (isFull || now >= this.#turn) {
      this.#old = this.#young
      this.#young = new SparseMap()
      this.#turn = now + this.#horizon
    }
    // Also when all together have had enough: who goes on asking then shows that it is insistent.
    this.#young.set(key, used + cost)
    return this.#allowsAll(now, source.scope, used - now > most / 4)
  }

  /** Who asks at the limit all the time gets nothing of the half that is kept for others: so a flood of such does not silence us. */
  #allowsAll(now: Micros, scope: Scope, isInsistent: boolean): boolean {
    const { replyBurst, replyRate } = this.#options
    if (replyRate[scope] === Number.POSITIVE_INFINITY) return true
    let all = this.#all.get(scope)
    if (all === undefined) {
      all = new TokenBucket(now, replyRate[scope], replyBurst)
      this.#all.set(scope, all)
    }
    return all.tryTake(now, 1, isInsistent ? replyBurst / 2 : 0)
  }
}
