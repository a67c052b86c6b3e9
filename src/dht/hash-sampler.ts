import type { HashSample } from '../codec/hash-sample.ts'
import { ID_LENGTH } from '../core/id.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { DhtOptions } from './options.ts'
import type { PeerStore } from './peer-store.ts'

/** So many fit beside eight nodes into 1024 bytes. */
const MOST = { 4: 34, 6: 29 } as const

/**
 * Which of the info-hashes that we keep are told (BEP 51): some by lot, the same to everybody until they are drawn anew. Asking more often
 * tells nobody more.
 */
export class HashSampler {
  readonly #store: PeerStore
  readonly #most: number
  readonly #interval: number
  #sample: HashSample | undefined
  #until: Micros = 0

  constructor(store: PeerStore, family: 4 | 6, { sampleInterval }: DhtOptions) {
    this.#store = store
    this.#most = MOST[family]
    this.#interval = sampleInterval
  }

  sample(now: Micros): HashSample {
    if (this.#sample === undefined || now >= this.#until) {
      this.#sample = this.#draw(now)
      this.#until = now + this.#interval * SECOND
    }
    return this.#sample
  }

  #draw(now: Micros): HashSample {
    const drawn = this.#store.sampleHashes(now, this.#most)
    const hashes = new Uint8Array(drawn.length * ID_LENGTH)
    drawn.forEach((infoHash, i) => {
      hashes.set(infoHash, i * ID_LENGTH)
    })
    return { hashes, total: this.#store.hashes, interval: this.#interval }
  }
}
