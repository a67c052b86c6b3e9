import { type Address, acceptsFrom, subnetKey } from '../core/address.ts'

interface Vote {
  readonly subnet: string
  readonly address: Address
}

/** Votes remembered: the latest of as many subnets. */
const MAX_VOTES = 16

/**
 * Our address as others see it (BEP 42, "ip"): settled when enough answers, each from another subnet, name the same IP and
 * no other IP has more than half as many. Only answers to queries of ours vote.
 */
export class ExternalAddress {
  readonly #needed: number
  readonly #votes: Vote[] = []
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
    const subnet = subnetKey(voter)
    const earlier = this.#votes.findIndex((vote) => vote.subnet === subnet)
    if (earlier >= 0) this.#votes.splice(earlier, 1)
    this.#votes.push({ subnet, address })
    if (this.#votes.length > MAX_VOTES) this.#votes.shift()
    const mine = this.#count(address.host)
    if (mine < this.#needed || this.#settled?.host === address.host) return undefined
    for (const vote of this.#votes) {
      if (vote.address.host !== address.host && 2 * this.#count(vote.address.host) > mine) return undefined
    }
    this.#settled = address
    return address
  }

  #count(host: string): number {
    let count = 0
    for (const vote of this.#votes) if (vote.address.host === host) count += 1
    return count
  }
}
