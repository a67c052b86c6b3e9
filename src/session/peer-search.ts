import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { DhtDriver } from './dht-driver.ts'
import type { PeerSource } from './events.ts'
import type { LocalDriver } from './local-driver.ts'
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
 * On the local network it is there as long.
 */
export class PeerSearch {
  readonly #dht: DhtDriver | undefined
  readonly #local: LocalDriver | undefined
  readonly #infoHash: Id
  /** Where we take peers, if at all. */
  readonly #port: number | undefined
  /** Where others find it. */
  readonly #publicPort: (family: 4 | 6, port: number) => number
  readonly #torrent: Torrent
  /** What is to be seeded is announced while it is still being checked. */
  readonly #isSeed: boolean
  #begun = false
  #publishing: Publishing | undefined
  #searchedAt: Micros = 0
  #at: Micros = NEVER
  #wait: Micros = FIRST_SEARCH

  constructor(init: TorrentDriverInit, torrent: Torrent) {
    const { dht, local, source, session, port, options } = init
    this.#dht = dht
    this.#local = local
    this.#infoHash = source.infoHash
    this.#port = session.listen ? port : undefined
    this.#publicPort = (family, own) => (family === 4 ? init.mapped()?.tcp : undefined) ?? own
    this.#torrent = torrent
    this.#isSeed = options.mode === 'seed'
  }

  get begun(): boolean {
    return this.#begun
  }

  begin(now: Micros): void {
    if (this.#begun || (this.#dht ?? this.#local) === undefined) return
    this.#begun = true
    this.#local?.enter(now, this.#infoHash, (at, peer) => this.#found(at, [peer], 'lsd'))
    if (this.#dht === undefined) return
    const own = this.#port
    if (own === undefined) this.#search(now)
    else {
      const found = (at: Micros, peers: readonly Address[]): void => this.#found(at, peers, 'dht')
      const seeds = (): boolean => this.#torrent.pieces?.full ?? this.#isSeed
      this.#publishing = this.#dht.publish(
        now,
        this.#infoHash,
        (family) => this.#publicPort(family, own),
        found,
        seeds,
      )
    }
    this.#at = now + this.#wait
  }

  stop(now: Micros): void {
    this.#publishing?.stop(now)
    this.#publishing = undefined
    if (this.#begun) this.#local?.leave(this.#infoHash)
    this.#begun = false
    this.#at = NEVER
  }

  /** `alone`: peers are wanted and none is connected. */
  tick(now: Micros, alone: boolean): void {
    if (now < this.#at) return
    this.#wait = alone ? Math.min(2 * this.#wait, LONGEST_SEARCH) : FIRST_SEARCH
    this.#at = now + (alone ? this.#wait : LONGEST_SEARCH)
    const isDue = this.#port === undefined && now - this.#searchedAt >= UNANNOUNCED_SEARCH
    if (alone || isDue) this.#search(now)
  }

  /** The local network needs no ticks. */
  nextDeadline(): Micros {
    return this.#at
  }

  #search(now: Micros): void {
    this.#searchedAt = now
    // It may end after we have stopped, when a torrent turned out to be private, say.
    this.#dht?.search(now, this.#infoHash, (at, peers) => {
      if (this.#begun) this.#found(at, peers, 'dht')
    })
  }

  #found(now: Micros, peers: readonly Address[], source: PeerSource): void {
    this.#torrent.crowd.addCandidates(now, peers, source)
  }
}
