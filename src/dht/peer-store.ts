import { FILTER_LENGTH, type FilterPlace, mark, placeOf } from '../codec/scrape-filter.ts'
import { type Address, mayName, SCOPE_RANK, type Scope, subnetKey } from '../core/address.ts'
import { toLatin1 } from '../core/bytes.ts'
import { compareDistance, type Id } from '../core/id.ts'
import { below, type Rng } from '../core/rng.ts'
import { SparseMap } from '../core/sparse-map.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { DhtOptions } from './options.ts'

interface StoredPeer {
  /** Its IP (global scope) or endpoint: one entry each (BEP 33, "unique pairs"). */
  readonly key: string
  readonly address: Address
  readonly expires: Micros
  /** It said that it has everything (BEP 33). */
  readonly seeds: boolean
  /** Of its IP in the filters of BEP 33. */
  readonly place: FilterPlace
}

/** How many have announced themselves, as filters of 256 bytes (BEP 33): those that seed, and the others. */
export interface Scraped {
  readonly seedFilter: Uint8Array
  readonly peerFilter: Uint8Array
}

interface Announced {
  readonly infoHash: Id
  /** In the order of their last announce, which is that of expiry. */
  readonly peers: Map<string, StoredPeer>
}

/** Peers announced to us (BEP 5, "announce_peer"). Expired ones are removed when their hash is touched or room is needed. */
export class PeerStore {
  /** Changes with our address. */
  ownId: Id
  readonly #options: DhtOptions
  readonly #dice: Rng
  readonly #sha1: (bytes: Uint8Array) => Uint8Array
  readonly #hashes = new SparseMap<string, Announced>()
  #peers = 0
  #sweepAt: Micros = 0

  constructor(ownId: Id, options: DhtOptions, dice: Rng, sha1: (bytes: Uint8Array) => Uint8Array) {
    this.ownId = ownId
    this.#options = options
    this.#dice = dice
    this.#sha1 = sha1
  }

  get hashes(): number {
    return this.#hashes.size
  }

  get peers(): number {
    return this.#peers
  }

  /** Stores or renews `peer`. False when the store is full and the newcomer is worth no other's place. `seeds`: it has everything. */
  add(now: Micros, infoHash: Id, peer: Address, seeds = false): boolean {
    this.#sweep(now)
    const announced = this.#hashes.get(toLatin1(infoHash)) ?? this.#open(infoHash)
    if (announced === undefined) return false
    this.#expire(now, announced)
    const { peers } = announced
    const key = peer.scope === 'global' ? peer.host : peer.text
    if (peers.delete(key)) this.#peers -= 1
    else if (peers.size >= this.#options.maxPeersPerHash) this.#deleteOfMany(peers)
    const stored = this.#peers < this.#options.maxStoredPeers
    if (stored) {
      const expires = now + this.#options.peerLife * SECOND
      const place = placeOf(this.#sha1(peer.bytes))
      peers.set(key, { key, address: peer, expires, seeds, place })
      this.#peers += 1
    }
    this.#closeEmpty(announced)
    return stored
  }

  /** At most `count` peers of `infoHash` that may be named to `asker`, drawn at random; `noSeeds`: of those that lack something. */
  sample(now: Micros, infoHash: Id, count: number, asker: Address | undefined, noSeeds = false): Address[] {
    const announced = this.#current(now, infoHash)
    if (announced === undefined) return []
    // Reservoir sampling: one pass, no copy of the list.
    const chosen: Address[] = []
    let seen = 0
    for (const { address, seeds } of announced.peers.values()) {
      if ((noSeeds && seeds) || (asker !== undefined && !mayName(asker, address))) continue
      seen += 1
      if (chosen.length < count) chosen.push(address)
      else {
        const place = below(this.#dice, seen)
        if (place < count) chosen[place] = address
      }
    }
    return chosen
  }

  /** How many announced themselves for `infoHash`, IPs counted once; `undefined` when nobody did. */
  scrape(now: Micros, infoHash: Id): Scraped | undefined {
    const announced = this.#current(now, infoHash)
    if (announced === undefined || announced.peers.size === 0) return undefined
    const seedFilter = new Uint8Array(FILTER_LENGTH)
    const peerFilter = new Uint8Array(FILTER_LENGTH)
    for (const { seeds, place } of announced.peers.values()) mark(seeds ? seedFilter : peerFilter, place)
    return { seedFilter, peerFilter }
  }

  /**
   * Of the hashes with a peer that may be named to askers of `scope`: at most `count`, drawn at random, and how many there are. Looks at all
   * of them.
   */
  sampleHashes(now: Micros, count: number, scope: Scope): { readonly drawn: Id[]; readonly total: number } {
    this.#expireAll(now)
    const chosen: Id[] = []
    let seen = 0
    for (const { infoHash, peers } of this.#hashes.values()) {
      if (!hasFor(scope, peers)) continue
      const place = seen++ < count ? chosen.length : below(this.#dice, seen)
      if (place < count) chosen[place] = infoHash
    }
    return { drawn: chosen, total: seen }
  }

  /** Without those that have expired. */
  #current(now: Micros, infoHash: Id): Announced | undefined {
    const announced = this.#hashes.size === 0 ? undefined : this.#hashes.get(toLatin1(infoHash))
    if (announced === undefined) return undefined
    this.#expire(now, announced)
    this.#closeEmpty(announced)
    return announced
  }

  /** A place for a new hash, made at the cost of the one farthest from us: the near ones are what we are asked for. */
  #open(infoHash: Id): Announced | undefined {
    if (this.#hashes.size >= this.#options.maxHashes) {
      let farthest: Announced | undefined
      for (const other of this.#hashes.values()) {
        if (farthest === undefined || compareDistance(this.ownId, other.infoHash, farthest.infoHash) > 0)
          farthest = other
      }
      if (farthest === undefined || compareDistance(this.ownId, infoHash, farthest.infoHash) > 0)
        return undefined
      this.#peers -= farthest.peers.size
      this.#hashes.delete(toLatin1(farthest.infoHash))
    }
    const announced: Announced = { infoHash, peers: new Map() }
    this.#hashes.set(toLatin1(infoHash), announced)
    return announced
  }

  #closeEmpty(announced: Announced): void {
    if (announced.peers.size === 0) this.#hashes.delete(toLatin1(announced.infoHash))
  }

  #expire(now: Micros, { peers }: Announced): void {
    for (const peer of peers.values()) {
      if (peer.expires > now) return
      peers.delete(peer.key)
      this.#peers -= 1
    }
  }

  /** Hashes that nobody touches any more: once per life of a peer. */
  #sweep(now: Micros): void {
    if (now < this.#sweepAt) return
    this.#sweepAt = now + this.#options.peerLife * SECOND
    this.#expireAll(now)
  }

  #expireAll(now: Micros): void {
    for (const announced of [...this.#hashes.values()]) {
      this.#expire(now, announced)
      this.#closeEmpty(announced)
    }
  }

  /** Makes room at the cost of those that hold the most of it: who announces in numbers pushes out its own. */
  #deleteOfMany(peers: Map<string, StoredPeer>): void {
    const counts = new Map<string, number>()
    for (const { address } of peers.values()) {
      const group = groupOf(address)
      counts.set(group, (counts.get(group) ?? 0) + 1)
    }
    let loser: StoredPeer | undefined
    let most = 0
    for (const peer of peers.values()) {
      const count = counts.get(groupOf(peer.address))!
      if (count <= most) continue
      loser = peer
      most = count
    }
    if (loser === undefined) return
    peers.delete(loser.key)
    this.#peers -= 1
  }
}

/** Whether one of `peers` may be named to an asker of `scope`. */
function hasFor(scope: Scope, peers: ReadonlyMap<string, StoredPeer>): boolean {
  for (const { address } of peers.values()) if (SCOPE_RANK[scope] <= SCOPE_RANK[address.scope]) return true
  return false
}

/** The subnet in the global scope, the host in the narrower ones. */
function groupOf(address: Address): string {
  return address.scope === 'global' ? subnetKey(address) : address.host
}
