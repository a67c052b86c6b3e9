import { toLatin1 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import type { TokenHolder } from './lookup-request.ts'

interface Recent {
  readonly at: Micros
  readonly holders: readonly TokenHolder[]
}

/**
 * Where walks have ended lately: the next one to the same target starts there, and whoever gave a token then and is not heard of this
 * time, since datagrams get lost, is told of an announce all the same.
 */
export class RecentWalks {
  readonly #options: DhtOptions
  /** The oldest first. */
  readonly #byTarget = new SparseMap<string, Recent>()

  constructor(options: DhtOptions) {
    this.#options = options
  }

  /** The nodes that gave a token to the last walk to `target`. */
  at(now: Micros, target: Id): readonly TokenHolder[] {
    return this.#recent(now, target, this.#options.recentFor * SECOND)?.holders ?? []
  }

  /** Those of them whose tokens are good still, and who are not among `holders`. */
  missing(now: Micros, target: Id, holders: readonly TokenHolder[]): readonly TokenHolder[] {
    // A token lives for two periods at least (BEP 5: ten minutes).
    const before = this.#recent(now, target, this.#options.tokenPeriod * SECOND)?.holders ?? []
    return before.filter(({ address }) => !holders.some((holder) => holder.address.text === address.text))
  }

  ended(now: Micros, target: Id, holders: readonly TokenHolder[]): void {
    const { maxRecent, recentFor } = this.#options
    const key = toLatin1(target)
    this.#byTarget.delete(key)
    if (holders.length === 0 || maxRecent === 0) return
    this.#byTarget.set(key, { at: now, holders })
    for (const [oldest, { at }] of this.#byTarget) {
      if (this.#byTarget.size <= maxRecent && at > now - recentFor * SECOND) break
      this.#byTarget.delete(oldest)
    }
  }

  #recent(now: Micros, target: Id, within: Micros): Recent | undefined {
    const recent = this.#byTarget.get(toLatin1(target))
    return recent !== undefined && recent.at > now - within ? recent : undefined
  }
}
