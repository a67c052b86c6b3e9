import { type NamedPeer, PEX_FLAG, type PeerExchangeMessage } from '../codec/peer-exchange.ts'
import { type Address, acceptsFrom, limitKey, subnetKey, withPort } from '../core/address.ts'
import { TokenBucket } from '../core/rate.ts'
import { MINUTE, type Micros, NEVER, SECOND } from '../core/time.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'

/** How often it is looked who may be told something; each peer hears once a minute at most. */
const ROUND = 5 * SECOND
/** Everybody knows of the last change by then: 200 addresses, 50 a message, one a minute. */
const NEWS = 5 * MINUTE
/** What is taken from one peer: addresses that it has not dropped, of one subnet, at once, and a second. */
const MOST_NAMED = 200
const MOST_OF_SUBNET = 4
const BURST = 100
const RATE = 1

/** What one peer named: its addresses by what a limit counts, and how many of each subnet. */
interface Source {
  readonly byKey: Map<string, Address>
  readonly subnets: Map<string, number>
  readonly budget: TokenBucket
}

/** Peer exchange of a torrent (BEP 11): tells each connected peer of the others, and takes from each what may be dialled. */
export class PeerExchange {
  readonly #slots: ReadonlyMap<PeerKey, PeerSlot>
  readonly #sources = new Map<PeerKey, Source>()
  #roundAt: Micros = 0
  /** There is nothing to tell after that. */
  #newsUntil: Micros = 0

  constructor(slots: ReadonlyMap<PeerKey, PeerSlot>) {
    this.#slots = slots
  }

  get deadline(): Micros {
    return this.#slots.size > 0 && this.#roundAt <= this.#newsUntil ? this.#roundAt : NEVER
  }

  /** Somebody has come or gone, or has told where it listens. */
  changed(now: Micros): void {
    if (this.#roundAt > this.#newsUntil) this.#roundAt = now + ROUND
    this.#newsUntil = now + NEWS
  }

  tick(now: Micros): void {
    if (now < this.deadline) return
    this.#roundAt = now + ROUND
    const connected = new Map<string, NamedPeer>()
    const homes = new Map<PeerKey, Address>()
    for (const { key, peer, sated } of this.#slots.values()) {
      const { outgoing, remote } = peer
      const address = outgoing
        ? peer.address
        : remote.port === undefined
          ? undefined
          : withPort(peer.address, remote.port)
      if (address === undefined) continue
      homes.set(key, address)
      const encrypts = remote.encrypts ? PEX_FLAG.encrypts : 0
      const flags = encrypts | (sated ? PEX_FLAG.seed : 0) | (outgoing ? PEX_FLAG.reachable : 0)
      connected.set(address.text, { address, flags })
    }
    for (const { key, peer } of [...this.#slots.values()]) {
      if (!peer.remote.takesPeers) continue
      const home = homes.get(key)
      const own = home && connected.get(home.text)
      if (own !== undefined) connected.delete(home!.text)
      peer.tellPeers(now, connected)
      if (own !== undefined) connected.set(home!.text, own)
    }
  }

  /**
   * Those named that may be dialled: of no narrower scope than who names them, one an IP, few of a subnet, and so many a minute.
   * Seeds are left out while `seeding`. Who was dropped makes room for others, no more.
   */
  accepted(
    now: Micros,
    { key, peer }: PeerSlot,
    { added, dropped }: PeerExchangeMessage,
    seeding: boolean,
  ): NamedPeer[] {
    let source = this.#sources.get(key)
    if (source === undefined) {
      source = { byKey: new Map(), subnets: new Map(), budget: new TokenBucket(now, RATE, BURST) }
      this.#sources.set(key, source)
    }
    const { byKey, subnets, budget } = source
    for (const address of dropped) {
      const limit = limitKey(address)
      if (byKey.get(limit)?.text !== address.text) continue
      byKey.delete(limit)
      subnets.set(subnetKey(address), (subnets.get(subnetKey(address)) ?? 1) - 1)
      if (subnets.get(subnetKey(address)) === 0) subnets.delete(subnetKey(address))
    }
    return added.filter(({ address, flags }) => {
      if (!acceptsFrom(peer.address, address)) return false
      if (seeding && (flags & PEX_FLAG.seed) !== 0) return false
      const limit = limitKey(address)
      const subnet = subnetKey(address)
      const neighbours = subnets.get(subnet) ?? 0
      const full = byKey.size >= MOST_NAMED || neighbours >= MOST_OF_SUBNET
      if (full || byKey.has(limit) || !budget.ready(now)) return false
      budget.take(now, 1)
      byKey.set(limit, address)
      subnets.set(subnet, neighbours + 1)
      return true
    })
  }

  gone(key: PeerKey): void {
    this.#sources.delete(key)
  }
}
