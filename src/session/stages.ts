import type { RateMeter } from '../core/rate.ts'
import type { Micros } from '../core/time.ts'
import type { DhtDriver } from './dht-driver.ts'
import type { TorrentStages } from './events.ts'
import type { Store } from './store.ts'

/** When a torrent first came to each of its stages: those that it is told of, and those that others have noted in passing. */
export class Stages {
  readonly #added: Micros
  readonly #down: RateMeter
  readonly #dht: DhtDriver | undefined
  readonly #told: { peer?: Micros; metadata?: Micros; checked?: Micros; complete?: Micros } = {}
  #store: Store | undefined

  constructor(added: Micros, down: RateMeter, dht: DhtDriver | undefined) {
    this.#added = added
    this.#down = down
    this.#dht = dht
  }

  /** Only the first time counts. */
  reached(now: Micros, stage: 'peer' | 'metadata' | 'complete'): void {
    this.#told[stage] ??= now - this.#added
  }

  /** What is on disk is known; pieces go into `store` from here on. */
  checked(now: Micros, store: Store): void {
    this.#told.checked ??= now - this.#added
    this.#store = store
  }

  get timeline(): TorrentStages {
    const noted = {
      node: this.#since(this.#dht?.inSince),
      firstByte: this.#since(this.#down.startedAt),
      firstPiece: this.#since(this.#store?.firstWritten),
    }
    const known = Object.entries(noted).filter(([, at]) => at !== undefined)
    return { added: 0, ...this.#told, ...Object.fromEntries(known) }
  }

  /** What was so before it was added is so from its beginning. */
  #since(at: Micros | undefined): Micros | undefined {
    return at === undefined ? undefined : Math.max(0, at - this.#added)
  }
}
