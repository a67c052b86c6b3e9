import { FILTER_LENGTH, hasPlace, join, mark, placeOf } from '../../codec/scrape-filter.ts'
import type { Address } from '../../core/address.ts'
import type { Scraped } from '../answering/peer-store.ts'
import type { Reply } from '../asking/querier.ts'

/** What the nodes of one look-up say of how many there are (BEP 33): their filters joined. */
export class ScrapeTally {
  readonly #sha1: (bytes: Uint8Array) => Uint8Array
  readonly #most: number
  readonly #seedFilter = new Uint8Array(FILTER_LENGTH)
  readonly #peerFilter = new Uint8Array(FILTER_LENGTH)
  /** Of nodes that know no scrapes: whether these seed is known only when all have answered. */
  readonly #named = new Set<Address>()

  /** `most`: peers remembered of nodes that know no scrapes. */
  constructor(sha1: (bytes: Uint8Array) => Uint8Array, most: number) {
    this.#sha1 = sha1
    this.#most = most
  }

  add({ seedFilter, peerFilter, values }: Reply): void {
    if (seedFilter !== undefined) join(this.#seedFilter, seedFilter)
    if (peerFilter !== undefined) join(this.#peerFilter, peerFilter)
    if (seedFilter !== undefined || peerFilter !== undefined) return
    for (const peer of values) if (peer.usable && this.#named.size < this.#most) this.#named.add(peer)
  }

  get result(): Scraped {
    const seedFilter = this.#seedFilter.slice()
    const peerFilter = this.#peerFilter.slice()
    for (const { bytes } of this.#named) {
      const place = placeOf(this.#sha1(bytes))
      if (!hasPlace(seedFilter, place)) mark(peerFilter, place)
    }
    return { seedFilter, peerFilter }
  }
}
