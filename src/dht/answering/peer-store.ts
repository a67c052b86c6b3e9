import { FILTER_LENGTH } from '../../codec/scrape-filter.ts'
import { type Address, SCOPE_RANK, type Scope } from '../../core/address.ts'
import { EMPTY, latin1, toLatin1 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import { below, type Rng } from '../../core/rng.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import { FarHashes } from './far-hashes.ts'
import { PeerRoll } from './peer-roll.ts'

/** How many have announced themselves, as filters of 256 bytes (BEP 33): those that seed, and the others. */
export interface Scraped {
  readonly seedFilter: Uint8Array
  readonly peerFilter: Uint8Array
}

/** Peers announced to us (BEP 5, "announce_peer"). Expired ones are removed when their hash is touched or room is needed. */
export class PeerStore {
  #far: FarHashes
  readonly #family: 4 | 6
  readonly #options: DhtOptions
  readonly #dice: Rng
  readonly #sha1: (bytes: Uint8Array) => Uint8Array
  /** By info-hash in Latin-1. */
  readonly #hashes = new SparseMap<string, PeerRoll>()
  #peers = 0
  #sweepAt: Micros = 0

  constructor(
    ownId: Id,
    family: 4 | 6,
    options: DhtOptions,
    dice: Rng,
    sha1: (bytes: Uint8Array) => Uint8Array,
  ) {
    this.#far = new FarHashes(ownId)
    this.#family = family
    this.#options = options
    this.#dice = dice
    this.#sha1 = sha1
  }

  /** Our id is another one now: other hashes are far. */
  renamed(ownId: Id): void {
    this.#far = new FarHashes(ownId)
  }

  get hashes(): number {
    return this.#hashes.size
  }

  get peers(): number {
    return this.#peers
  }

  /**
   * Stores or renews `peer`. False when the store is full and the newcomer is worth no other's place, or of another family.
   * `seeds`: it has everything.
   */
  add(now: Micros, infoHash: Id, peer: Address, seeds = false): boolean {
    if (peer.family !== this.#family) return false
    this.#sweep(now)
    const key = toLatin1(infoHash)
    const roll = this.#hashes.get(key) ?? this.#open(key)
    if (roll === undefined) return false
    this.#expire(now, roll)
    const expires = Math.ceil(now / SECOND + this.#options.peerLife)
    const known = roll.find(peer)
    if (known >= 0) {
      roll.renew(known, peer, expires, seeds)
      return true
    }
    if (roll.size >= this.#options.maxPeersPerHash) this.#take(roll, roll.oldestOfMany())
    const isFull = this.#peers >= this.#options.maxStoredPeers
    if (!isFull) {
      roll.add(peer, expires, seeds, this.#sha1(peer.bytes))
      this.#peers += 1
    }
    this.#closeEmpty(key, roll)
    return !isFull
  }

  /**
   * At most `count` peers of `infoHash` in compact form that may be named to askers of `scope`, drawn at random; `noSeeds`: of those
   * that lack something.
   */
  sample(now: Micros, infoHash: Id, count: number, scope: Scope, noSeeds = false): Uint8Array {
    const roll = this.#current(now, infoHash)
    return roll === undefined ? EMPTY : roll.sample(count, SCOPE_RANK[scope], noSeeds, this.#dice)
  }

  /** How many announced themselves for `infoHash`, IPs counted once; `undefined` when nobody did. */
  scrape(now: Micros, infoHash: Id): Scraped | undefined {
    const roll = this.#current(now, infoHash)
    if (roll === undefined || roll.size === 0) return undefined
    const seedFilter = new Uint8Array(FILTER_LENGTH)
    const peerFilter = new Uint8Array(FILTER_LENGTH)
    roll.mark(seedFilter, peerFilter)
    return { seedFilter, peerFilter }
  }

  /**
   * Of the hashes with a peer that may be named to askers of `scope`: at most `count`, drawn at random, and how many there are. Looks at all
   * of them.
   */
  sampleHashes(now: Micros, count: number, scope: Scope): { readonly drawn: Id[]; readonly total: number } {
    this.#expireAll(now)
    const chosen: string[] = []
    let seen = 0
    for (const [key, roll] of this.#hashes) {
      if (!roll.reaches(SCOPE_RANK[scope])) continue
      const place = seen++ < count ? chosen.length : below(this.#dice, seen)
      if (place < count) chosen[place] = key
    }
    return { drawn: chosen.map(latin1), total: seen }
  }

  /** Without those that have expired. */
  #current(now: Micros, infoHash: Id): PeerRoll | undefined {
    if (this.#hashes.size === 0) return undefined
    const key = toLatin1(infoHash)
    const roll = this.#hashes.get(key)
    if (roll === undefined) return undefined
    this.#expire(now, roll)
    this.#closeEmpty(key, roll)
    return roll
  }

  /** A place for a new hash, made at the cost of the one farthest from us: the near ones are what we are asked for. */
  #open(key: string): PeerRoll | undefined {
    if (this.#hashes.size < this.#options.maxHashes) this.#far.forget()
    else {
      const farthest = this.#far.farthest(this.#hashes)
      if (farthest === undefined || this.#far.compare(key, farthest) > 0) return undefined
      this.#peers -= this.#hashes.get(farthest)!.size
      this.#hashes.delete(farthest)
      this.#far.replaced(key)
    }
    const roll = new PeerRoll(this.#family)
    this.#hashes.set(key, roll)
    return roll
  }

  #closeEmpty(key: string, roll: PeerRoll): void {
    if (roll.size === 0) this.#hashes.delete(key)
  }

  #take(roll: PeerRoll, index: number): void {
    roll.remove(index)
    this.#peers -= 1
  }

  #expire(now: Micros, roll: PeerRoll): void {
    this.#peers -= roll.expire(Math.floor(now / SECOND))
  }

  /** Hashes that nobody touches any more: once per life of a peer. */
  #sweep(now: Micros): void {
    if (now < this.#sweepAt) return
    this.#sweepAt = now + this.#options.peerLife * SECOND
    this.#expireAll(now)
  }

  #expireAll(now: Micros): void {
    for (const [key, roll] of [...this.#hashes]) {
      this.#expire(now, roll)
      this.#closeEmpty(key, roll)
    }
  }
}
