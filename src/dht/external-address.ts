import { type Address, acceptsFrom, subnetNumber } from '../core/address.ts'

/** Votes remembered: the latest of as many subnets. */
const MAX_VOTES = 16

/**
 * Our address as others see it (BEP 42, "ip"): settled when enough answers, each from another subnet, name the same IP and
 * no other IP has more than half as many. Only answers to queries of ours vote.
 */
export class ExternalAddress {
  readonly #needed: number
  /** Of the latest votes, oldest first: the voters' subnets, and what they said. */
  readonly #subnets: number[] = []
  readonly #named: Address[] = []
  #settled: Address | undefined

  /** `needed`: agreeing votes. */
  constructor(needed: number) {
    this.#needed = needed
  }

  get settled(): Address | undefined {
    return this.#settled
  }

  /** Counts what `voter` says; our new address when this settles another IP than before. */
  vote(voter: Address, address: Address): Address | undefined {
    if (address.family !== voter.family || !acceptsFrom(voter, address)) return undefined
    const subnet = subnetNumber(voter)
    const earlier = this.#subnets.indexOf(subnet)
    if (earlier >= 0 || this.#subnets.length === MAX_VOTES) this.#forget(Math.max(0, earlier))
    this.#subnets.push(subnet)
    this.#named.push(address)
    if (this.#settled?.host === address.host) return undefined
    const mine = this.#count(address.host)
    if (mine < this.#needed) return undefined
    for (const { host } of this.#named) {
      if (host !== address.host && 2 * this.#count(host) > mine) return undefined
    }
    this.#settled = address
    return address
  }

  #count(host: string): number {
    let count = 0
    for (const named of this.#named) if (named.host === host) count += 1
    return count
  }

  #forget(vote: number): void {
    for (let i = vote + 1; i < this.#subnets.length; i++) {
      this.#subnets[i - 1] = this.#subnets[i]!
      this.#named[i - 1] = this.#named[i]!
    }
    this.#subnets.pop()
    this.#named.pop()
  }
}
