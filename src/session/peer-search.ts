import type { Address } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { DhtDriver, Publishing } from './dht-driver.ts'

/** While nobody is connected, peers are searched for again after this long, doubling up to the longest. */
const FIRST_SEARCH = SECOND
const LONGEST_SEARCH = 60 * SECOND

/**
 * Finds a torrent's peers through the DHT and lets others find us: the announces, whose look-ups are searches, and more
 * searches between them while nobody is there (the seed may come a moment after the first).
 */
export class PeerSearch {
  readonly #dht: DhtDriver
  readonly #infoHash: Id
  readonly #port: number
  readonly #found: (now: Micros, peers: readonly Address[]) => void
  #publishing: Publishing | undefined
  #at: Micros = NEVER
  #wait: Micros = FIRST_SEARCH

  /** `port`: where we take peers. */
  constructor(
    dht: DhtDriver,
    infoHash: Id,
    port: number,
    found: (now: Micros, peers: readonly Address[]) => void,
  ) {
    this.#dht = dht
    this.#infoHash = infoHash
    this.#port = port
    this.#found = found
  }

  get begun(): boolean {
    return this.#publishing !== undefined
  }

  begin(now: Micros): void {
    if (this.#publishing !== undefined) return
    this.#publishing = this.#dht.publish(now, this.#infoHash, this.#port, this.#found)
    this.#at = now + this.#wait
  }

  stop(now: Micros): void {
    this.#publishing?.stop(now)
    this.#publishing = undefined
    this.#at = NEVER
  }

  /** `alone`: peers are wanted and none is connected. */
  tick(now: Micros, alone: boolean): void {
    if (now < this.#at) return
    this.#wait = alone ? Math.min(2 * this.#wait, LONGEST_SEARCH) : FIRST_SEARCH
    this.#at = now + (alone ? this.#wait : LONGEST_SEARCH)
    if (alone) this.#dht.search(now, this.#infoHash, this.#found)
  }

  nextDeadline(): Micros {
    return this.#at
  }
}
