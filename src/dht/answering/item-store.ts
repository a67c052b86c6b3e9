import type { Item } from '../../codec/item.ts'
import { type Address, limitKey } from '../../core/address.ts'
import { equalBytes, toLatin1 } from '../../core/bytes.ts'
import { compareDistance, type Id } from '../../core/id.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'

interface Stored {
  readonly target: Id
  readonly item: Item
  /** Who put it first: its share of the places is used. */
  readonly source: string
  readonly expires: Micros
}

/** Why an item is not taken: `cas`: another version than that stands there; `old`: so does an equal or newer one. */
export type Conflict = 'cas' | 'old'

const OWN = ''

/** Items put to us (BEP 44), until they are not put again. The targets near to our id go before the others when it is full. */
export class ItemStore {
  /** Changes with our address. */
  ownId: Id
  readonly #options: DhtOptions
  /** In the order of their last put, which is that of expiry. */
  readonly #items = new SparseMap<string, Stored>()
  readonly #shares = new SparseMap<string, number>()

  constructor(ownId: Id, options: DhtOptions) {
    this.ownId = ownId
    this.#options = options
  }

  get size(): number {
    return this.#items.size
  }

  get(now: Micros, target: Id): Item | undefined {
    this.#expire(now)
    return this.#items.size === 0 ? undefined : this.#items.get(toLatin1(target))?.item
  }

  /** What stands against `item` at `target`, its signature apart. */
  conflict(now: Micros, target: Id, item: Item, cas: bigint | undefined): Conflict | undefined {
    const signed = item.signed
    const stored = this.get(now, target)
    const seq = stored?.signed?.seq
    if (signed === undefined || stored === undefined || seq === undefined) return undefined
    if (cas !== undefined && cas !== seq) return 'cas'
    const isSame = signed.seq === seq && equalBytes(item.value, stored.value)
    return signed.seq <= seq && !isSame ? 'old' : undefined
  }

  /** Stores or renews `item`, which has been verified and has no conflict. False: there is no place for it. `from`: absent for our own. */
  put(now: Micros, target: Id, item: Item, from?: Address): boolean {
    this.#expire(now)
    const key = toLatin1(target)
    const before = this.#items.get(key)
    const source = before?.source ?? (from === undefined ? OWN : limitKey(from))
    if (before !== undefined) this.#delete(key, before)
    else if (source !== OWN && (this.#shares.get(source) ?? 0) >= this.#options.maxItemsPerSource)
      return false
    else if (!this.#makeRoom(target)) return false
    this.#items.set(key, { target, item, source, expires: now + this.#options.itemLife * SECOND })
    this.#shares.set(source, (this.#shares.get(source) ?? 0) + 1)
    return true
  }

  /** Whether something at `target` would be taken, for all that depends on the place alone. */
  isOpenTo(now: Micros, target: Id): boolean {
    this.#expire(now)
    if (this.#items.size < this.#options.maxItems || this.#items.has(toLatin1(target))) return true
    return this.#isNearer(target, this.#farthest())
  }

  #makeRoom(target: Id): boolean {
    if (this.#items.size < this.#options.maxItems) return true
    const farthest = this.#farthest()
    if (farthest === undefined || !this.#isNearer(target, farthest)) return false
    this.#delete(toLatin1(farthest.target), farthest)
    return true
  }

  #isNearer(target: Id, other: Stored | undefined): boolean {
    return other !== undefined && compareDistance(this.ownId, target, other.target) < 0
  }

  #farthest(): Stored | undefined {
    let farthest: Stored | undefined
    for (const stored of this.#items.values()) {
      if (farthest === undefined || this.#isNearer(farthest.target, stored)) farthest = stored
    }
    return farthest
  }

  #expire(now: Micros): void {
    if (this.#items.size === 0) return
    for (const [key, stored] of this.#items) {
      if (stored.expires > now) return
      this.#delete(key, stored)
    }
  }

  #delete(key: string, { source }: Stored): void {
    this.#items.delete(key)
    const share = this.#shares.get(source)! - 1
    if (share === 0) this.#shares.delete(source)
    else this.#shares.set(source, share)
  }
}
