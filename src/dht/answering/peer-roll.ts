import { mark, placeOf } from '../../codec/scrape-filter.ts'
import { type Address, SCOPE_RANK } from '../../core/address.ts'
import { readUint32, writeUint16, writeUint32 } from '../../core/bytes.ts'
import { below, type Rng } from '../../core/rng.ts'

/** Words of 32 bits that an IP takes, by family. */
const IP_WORDS = { 4: 1, 6: 4 } as const
/** Further words of a peer: port and marks, when it is forgotten, its place in the filters of BEP 33. */
const OTHER_WORDS = 3
/** Marks, beside the port in the upper half: the rank of the address's scope, */
const SCOPE = 0x3
/** and whether it said that it has everything (BEP 33). */
const SEEDS = 0x4
const FIRST_PEERS = 4

/**
 * The peers of one info-hash side by side in one array, in the order of their last announce, which is that of expiry: 16 bytes each
 * (IPv6: 28), where an object and a place in a map took 300. What an announce costs is a look through the IPs in a row.
 */
export class PeerRoll {
  size = 0
  readonly #ipWords: 1 | 4
  #words: Int32Array

  constructor(family: 4 | 6) {
    this.#ipWords = IP_WORDS[family]
    this.#words = new Int32Array(FIRST_PEERS * this.#step)
  }

  /** Where `peer` stands: one entry per IP of global scope, per endpoint in the narrower ones (BEP 33, "unique pairs"); -1: nowhere. */
  find({ bytes, port, scope }: Address): number {
    const words = this.#words
    const ipWords = this.#ipWords
    const step = ipWords + OTHER_WORDS
    const last = readUint32(bytes, 4 * ipWords - 4) | 0
    const isGlobal = scope === 'global'
    for (let i = 0, at = ipWords - 1; i < this.size; i++, at += step) {
      if (words[at] !== last || !(isGlobal || words[at + 1]! >>> 16 === port)) continue
      if (ipWords === 1 || this.#hasIp(at - 3, bytes)) return i
    }
    return -1
  }

  /** Adds a peer that is not there; `hash` is the SHA-1 of its IP, `expires` in seconds. */
  add(peer: Address, expires: number, seeds: boolean, hash: Uint8Array): void {
    const step = this.#step
    if (this.size * step === this.#words.length) {
      const wider = new Int32Array(step * (this.size + Math.max(2, this.size >> 1)))
      wider.set(this.#words)
      this.#words = wider
    }
    const words = this.#words
    let at = this.size * step
    for (let i = 0; i < this.#ipWords; i++) words[at++] = readUint32(peer.bytes, 4 * i)
    words[at++] = marksOf(peer, seeds)
    words[at++] = expires
    const { first, second } = placeOf(hash)
    words[at] = (second << 16) | first
    this.size += 1
  }

  /** The `index`-th peer announced itself again, perhaps with another port: it is the last now. */
  renew(index: number, peer: Address, expires: number, seeds: boolean): void {
    const step = this.#step
    const place = this.#words[(index + 1) * step - 1]!
    if (index < this.size - 1) {
      this.#words.copyWithin(index * step, (index + 1) * step, this.size * step)
      for (let i = 0, at = (this.size - 1) * step; i < this.#ipWords; i++, at++)
        this.#words[at] = readUint32(peer.bytes, 4 * i)
    }
    const last = this.size * step
    this.#words[last - 3] = marksOf(peer, seeds)
    this.#words[last - 2] = expires
    this.#words[last - 1] = place
  }

  remove(index: number): void {
    const step = this.#step
    this.#words.copyWithin(index * step, (index + 1) * step, this.size * step)
    this.size -= 1
  }

  /** Forgets those whose time has come by `seconds`; how many. */
  expire(seconds: number): number {
    const step = this.#step
    let gone = 0
    while (gone < this.size && this.#words[(gone + 1) * step - 2]! <= seconds) gone += 1
    if (gone > 0) this.#words.copyWithin(0, gone * step, this.size * step)
    this.size -= gone
    return gone
  }

  /**
   * At most `count` peers in compact form, of those whose scope has at least `rank`, drawn at random; when all are told, from a random
   * one on, so that none is always the one that does not fit into a datagram. `noSeeds`: of those that lack something.
   */
  sample(count: number, rank: number, noSeeds: boolean, dice: Rng): Uint8Array {
    const words = this.#words
    const ipWords = this.#ipWords
    const step = ipWords + OTHER_WORDS
    const { size } = this
    let found = 0
    for (let i = 0, at = ipWords; i < size; i++, at += step) {
      const marks = words[at]!
      if ((marks & SCOPE) >= rank && !(noSeeds && (marks & SEEDS) !== 0)) DRAWN[found++] = i
    }
    const told = Math.min(found, count)
    const start = told < found || found < 2 ? 0 : below(dice, found)
    const peers = new Uint8Array(told * (4 * ipWords + 2))
    let at = 0
    for (let i = 0; i < told; i++) {
      let index = i + start
      if (index >= told) index -= told
      if (told < found) {
        const place = i + below(dice, found - i)
        index = DRAWN[place]!
        DRAWN[place] = DRAWN[i]!
      } else index = DRAWN[index]!
      const from = index * step
      for (let k = 0; k < ipWords; k++, at += 4) writeUint32(peers, at, words[from + k]!)
      writeUint16(peers, at, words[from + ipWords]! >>> 16)
      at += 2
    }
    return peers
  }

  /** Marks the filters of BEP 33. */
  mark(seedFilter: Uint8Array, peerFilter: Uint8Array): void {
    const step = this.#step
    for (let i = 0, at = this.#ipWords; i < this.size; i++, at += step) {
      const place = this.#words[at + 2]!
      const isSeed = (this.#words[at]! & SEEDS) !== 0
      mark(isSeed ? seedFilter : peerFilter, { first: place & 0xffff, second: place >>> 16 })
    }
  }

  /** Whether one of them has a scope of at least `rank`. */
  reaches(rank: number): boolean {
    for (let i = 0, at = this.#ipWords; i < this.size; i++, at += this.#step)
      if ((this.#words[at]! & SCOPE) >= rank) return true
    return false
  }

  /** The oldest of the subnet (in the narrower scopes: host) that has the most: who announces in numbers pushes out its own. */
  oldestOfMany(): number {
    const counts = new Map<number, number>()
    let most = 0
    for (let i = 0; i < this.size; i++) {
      const group = this.#group(i)
      const count = (counts.get(group) ?? 0) + 1
      counts.set(group, count)
      if (count > most) most = count
    }
    let oldest = 0
    while (counts.get(this.#group(oldest)) !== most) oldest += 1
    return oldest
  }

  get #step(): number {
    return this.#ipWords + OTHER_WORDS
  }

  /** A number for the /24 or /64 in the global scope, for the host in the narrower ones. */
  #group(index: number): number {
    const words = this.#words
    const at = index * this.#step
    const isGlobal = (words[at + this.#ipWords]! & SCOPE) === SCOPE_RANK.global
    if (this.#ipWords === 1) return isGlobal ? words[at]! >>> 8 : words[at]! >>> 0
    // Two words of 32 bits in a double, whose halves overlap in eleven: few subnets are alike in so many bits.
    const subnet = (words[at]! >>> 0) * 0x20_0000 + (words[at + 1]! >>> 0)
    return isGlobal ? subnet : -1 - subnet - (words[at + 3]! >>> 0)
  }

  #hasIp(at: number, bytes: Uint8Array): boolean {
    for (let i = 0; i < 3; i++) if (this.#words[at + i] !== (readUint32(bytes, 4 * i) | 0)) return false
    return true
  }
}

/** Where a sample is drawn from. */
const DRAWN: number[] = []

function marksOf({ port, scope }: Address, seeds: boolean): number {
  return (port << 16) | SCOPE_RANK[scope] | (seeds ? SEEDS : 0)
}
