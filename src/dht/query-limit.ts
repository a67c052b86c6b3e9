import { type Address, limitKey, type Scope } from '../core/address.ts'
import { TokenBucket } from '../core/rate.ts'
import { SparseMap } from '../core/sparse-map.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { DhtOptions } from './options.ts'

/**
 * How many queries are answered: per source by the rate of its scope, and in all to senders of global scope. A source is
 * one number, the time until which what it was granted is used up, renewed in place.
 */
export class QueryLimit {
  readonly #options: DhtOptions
  /** After so long without a query every source has its full grant again and can be forgotten. */
  readonly #horizon: Micros
  #young = new SparseMap<string, Micros>()
  #old = new SparseMap<string, Micros>()
  #turn: Micros = 0
  #all: TokenBucket | undefined

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
    if (rate !== Number.POSITIVE_INFINITY && !this.#allowsSource(now, source, rate)) return false
    return source.scope !== GLOBAL || this.#allowsAll(now)
  }

  #allowsSource(now: Micros, source: Address, rate: number): boolean {
    const cost = Math.ceil(SECOND / rate)
    const key = limitKey(source)
    const used = Math.max(this.#young.get(key) ?? this.#old.get(key) ?? now, now)
    if (used - now > (this.#options.queryBurst - 1) * cost) return false
    const isFull = this.#young.size >= this.#options.maxSources >> 1 && !this.#young.has(key)
    if (isFull || now >= this.#turn) {
      this.#old = this.#young
      this.#young = new SparseMap()
      this.#turn = now + this.#horizon
    }
    this.#young.set(key, used + cost)
    return true
  }

  #allowsAll(now: Micros): boolean {
    this.#all ??= new TokenBucket(now, this.#options.replyRate, this.#options.replyBurst)
    return this.#all.tryTake(now, 1)
  }
}

const GLOBAL: Scope = 'global'
