import type { Address } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { DhtDriver } from './dht-driver.ts'
import type { PeerSource } from './events.ts'
import type { LocalDriver } from './local-driver.ts'
import { publicPort } from './public-port.ts'
import type { Publishing } from './publishing.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** While nobody is connected, peers are searched for again after this long, doubling up to the longest. */
const FIRST_SEARCH = SECOND
const LONGEST_SEARCH = 60 * SECOND
/** Without announces, whose look-ups bring new peers now and then, one is made for that alone. */
const UNANNOUNCED_SEARCH = 15 * MINUTE

/**
 * Finds a torrent's peers through the DHT and lets others find us: the announces, whose look-ups are searches, and more
 * searches between them while nobody is there (the seed may come a moment after the first). Who takes no peers only searches.
 * On the local network it is there as long. A hybrid torrent is looked for by both its hashes.
 */
export class PeerSearch {
  readonly #dht: DhtDriver | undefined
  readonly #local: LocalDriver | undefined
  /** Where others find us, if we take peers. */
  readonly #port: (family: 4 | 6) => number | undefined
  readonly #torrent: Torrent
  /** What is to be seeded is announced while it is still being checked. */
  readonly #isSeed: boolean
  #begun = false
  /** By hex of the hashes that it goes by; `undefined` where it only searches. */
  readonly #places = new Map<string, { readonly hash: Id; readonly publishing: Publishing | undefined }>()
  #searchedAt: Micros = 0
  #at: Micros = NEVER
  #wait: Micros = FIRST_SEARCH

  constructor(init: TorrentDriverInit, torrent: Torrent) {
    const { dht, local, options } = init
    this.#dht = dht
    this.#local = local
    this.#port = (family) => publicPort(init, family)
    this.#torrent = torrent
    this.#isSeed = options.mode === 'seed'
  }

  get begun(): boolean {
    return this.#begun
  }

  /** Called again when it is known to go by another hash as well. */
  begin(now: Micros): void {
    if ((this.#dht ?? this.#local) === undefined) return
    for (const hash of this.#torrent.names.all) this.#enter(now, hash)
    if (this.#begun) return
    this.#begun = true
    if (this.#dht !== undefined) this.#at = now + this.#wait
  }

  stop(now: Micros): void {
    for (const { hash, publishing } of this.#places.values()) {
      publishing?.stop(now)
      this.#local?.leave(hash)
    }
    this.#places.clear()
    this.#begun = false
    this.#at = NEVER
  }

  /** `alone`: peers are wanted and none is connected. */
  tick(now: Micros, alone: boolean): void {
    if (now < this.#at) return
    this.#wait = alone ? Math.min(2 * this.#wait, LONGEST_SEARCH) : FIRST_SEARCH
    this.#at = now + (alone ? this.#wait : LONGEST_SEARCH)
    const isDue = this.#port(4) === undefined && now - this.#searchedAt >= UNANNOUNCED_SEARCH
    if (alone || isDue) this.#search(now)
  }

  /** The local network needs no ticks. */
  nextDeadline(): Micros {
    return this.#at
  }

  #enter(now: Micros, hash: Id): void {
    const key = toHex(hash)
    if (this.#places.has(key)) return
    this.#local?.enter(now, hash, (at, peer) => this.#found(at, hash, [peer], 'lsd'))
    let publishing: Publishing | undefined
    const port = this.#port
    if (this.#dht !== undefined && port(4) !== undefined) {
      const found = (at: Micros, peers: readonly Address[]): void => this.#found(at, hash, peers, 'dht')
      const seeds = (): boolean => this.#torrent.pieces?.full ?? this.#isSeed
      publishing = this.#dht.publish(now, hash, (family) => port(family)!, found, seeds)
    }
    this.#places.set(key, { hash, publishing })
    if (this.#dht !== undefined && publishing === undefined) this.#searchFor(now, hash)
  }

  #search(now: Micros): void {
    for (const { hash } of this.#places.values()) this.#searchFor(now, hash)
  }

  #searchFor(now: Micros, hash: Id): void {
    this.#searchedAt = now
    // It may end after we have stopped, when a torrent turned out to be private, say.
    this.#dht?.search(now, hash, (at, peers) => {
      if (this.#begun) this.#found(at, hash, peers, 'dht')
    })
  }

  #found(now: Micros, hash: Id, peers: readonly Address[], source: PeerSource): void {
    this.#torrent.names.found(hash, peers)
    this.#torrent.crowd.addCandidates(now, peers, source)
  }
}
