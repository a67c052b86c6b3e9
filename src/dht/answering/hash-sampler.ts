import type { HashSample } from '../../codec/hash-sample.ts'
import type { Scope } from '../../core/address.ts'
import { ID_LENGTH } from '../../core/id.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import type { PeerStore } from './peer-store.ts'

/** So many fit beside eight nodes into 1024 bytes. */
const MOST = { 4: 34, 6: 29 } as const

interface Drawn {
  readonly sample: HashSample
  readonly until: Micros
}

/**
 * Which of the info-hashes that we keep are told (BEP 51): some by lot, the same to everybody of one scope until they are drawn anew. Asking
 * more often tells nobody more.
 */
export class HashSampler {
  readonly #store: PeerStore
  readonly #most: number
  readonly #interval: number
  readonly #drawn = new SparseMap<Scope, Drawn>()

  constructor(store: PeerStore, family: 4 | 6, { sampleInterval }: DhtOptions) {
    this.#store = store
    this.#most = MOST[family]
    this.#interval = Math.ceil(sampleInterval)
  }

  /** What an asker of `scope` may know: hashes that only narrower scopes announced are nothing to it. */
  sample(now: Micros, scope: Scope): HashSample {
    const before = this.#drawn.get(scope)
    if (before !== undefined && now < before.until) return before.sample
    const sample = this.#draw(now, scope)
    this.#drawn.set(scope, { sample, until: now + this.#interval * SECOND })
    return sample
  }

  #draw(now: Micros, scope: Scope): HashSample {
    const { drawn, total } = this.#store.sampleHashes(now, this.#most, scope)
    const hashes = new Uint8Array(drawn.length * ID_LENGTH)
    drawn.forEach((infoHash, i) => {
      hashes.set(infoHash, i * ID_LENGTH)
    })
    return { hashes, total, interval: this.#interval }
  }
}
