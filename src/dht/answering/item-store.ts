import type { Item } from '../../codec/item.ts'
import { type Address, limitKey } from '../../core/address.ts'
import { equalBytes, toLatin1 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import { FarHashes } from './far-hashes.ts'

interface Stored {
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
  #far: FarHashes
  readonly #options: DhtOptions
  /** By target in Latin-1, in the order of their last put, which is that of expiry. */
  readonly #items = new SparseMap<string, Stored>()
  readonly #shares = new SparseMap<string, number>()

  constructor(ownId: Id, options: DhtOptions) {
    this.#far = new FarHashes(ownId)
    this.#options = options
  }

  /** Our id is another one now: other targets are far. */
  renamed(ownId: Id): void {
    this.#far = new FarHashes(ownId)
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
    else if (!this.#makeRoom(key)) return false
    this.#items.set(key, { item, source, expires: now + this.#options.itemLife * SECOND })
    this.#shares.set(source, (this.#shares.get(source) ?? 0) + 1)
    return true
  }

  /** Whether something at `target` would be taken, for all that depends on the place alone. */
  isOpenTo(now: Micros, target: Id): boolean {
    this.#expire(now)
    if (this.#items.size < this.#options.maxItems) return true
    const key = toLatin1(target)
    return this.#items.has(key) || this.#fartherThan(key) !== undefined
  }

  /** Makes room for a new target, where it is full at the cost of the farthest. */
  #makeRoom(key: string): boolean {
    if (this.#items.size < this.#options.maxItems) {
      this.#far.forget()
      return true
    }
    const farthest = this.#fartherThan(key)
    if (farthest === undefined) return false
    this.#delete(farthest, this.#items.get(farthest)!)
    this.#far.replaced(key)
    return true
  }

  /** The farthest target, if `key` is nearer than that. */
  #fartherThan(key: string): string | undefined {
    const farthest = this.#far.farthest(this.#items)
    return farthest !== undefined && this.#far.compare(key, farthest) < 0 ? farthest : undefined
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
