import { type Address, acceptsFrom, limitNumber, withPort } from '../../core/address.ts'
import { readUint16, readUint32 } from '../../core/bytes.ts'

/** Votes remembered: the latest of as many networks. */
const MAX_VOTES = 16

/**
 * Our address as others see it (BEP 42, "ip"): settled when enough answers, each from another network, name the same IP and
 * any other IP has less than two thirds as many. Only answers to queries of ours vote. Its port is whence they see our packets come: 0
 * where they do not agree, since a translator gives each of them another.
 */
export class ExternalAddress {
  readonly #needed: number
  /** Of the latest votes, oldest first: the voters' networks, and what they said. */
  readonly #networks: number[] = []
  readonly #named: Address[] = []
  #settled: Address | undefined

  /** `needed`: agreeing votes. */
  constructor(needed: number) {
    this.#needed = needed
  }

  get settled(): Address | undefined {
    return this.#settled
  }

  /** Counts what `voter` says; our new address when this settles another than before. */
  vote(voter: Address, address: Address): Address | undefined {
    if (address.family !== voter.family || !acceptsFrom(voter, address)) return undefined
    const network = networkOf(voter)
    const earlier = this.#networks.indexOf(network)
    if (earlier >= 0 || this.#networks.length === MAX_VOTES) this.#forget(Math.max(0, earlier))
    this.#networks.push(network)
    this.#named.push(address)
    // One more for it changes nothing.
    if (this.#settled?.text === address.text) return undefined
    if (this.#settled?.host === address.host) return this.#settle(this.#settled)
    const mine = this.#count(address.host)
    if (mine < this.#needed) return undefined
    for (const { host } of this.#named) {
      if (host !== address.host && 3 * this.#count(host) >= 2 * mine) return undefined
    }
    return this.#settle(address)
  }

  #settle(address: Address): Address | undefined {
    const settled = withPort(address, this.#portOf(address.host))
    if (settled.text === this.#settled?.text) return undefined
    this.#settled = settled
    return settled
  }

  /** That which enough and two thirds name of those who name `host`. */
  #portOf(host: string): number {
    const ports = this.#named.filter((named) => named.host === host).map(({ port }) => port)
    const agreed = ports.find((port) => {
      const count = ports.filter((other) => other === port).length
      return count >= this.#needed && 3 * count >= 2 * ports.length
    })
    return agreed ?? 0
  }

  #count(host: string): number {
    let count = 0
    for (const named of this.#named) if (named.host === host) count += 1
    return count
  }

  #forget(vote: number): void {
    for (let i = vote + 1; i < this.#networks.length; i++) {
      this.#networks[i - 1] = this.#networks[i]!
      this.#named[i - 1] = this.#named[i]!
    }
    this.#networks.pop()
    this.#named.pop()
  }
}

/** A number for whom one vote is left: the /16 of IPv4, the /32 of IPv6; in the narrower scopes the endpoint. */
function networkOf(voter: Address): number {
  if (voter.scope !== 'global') return limitNumber(voter)
  return voter.family === 4 ? readUint16(voter.bytes, 0) : readUint32(voter.bytes, 0)
}
