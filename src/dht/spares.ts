import { sameLimit } from '../core/address.ts'
import { equalBytes } from '../core/bytes.ts'
import { SparseMap } from '../core/sparse-map.ts'
import type { Micros } from '../core/time.ts'
import type { Contact } from './contact.ts'

/** A node that answered and found no place. */
export interface Spare {
  readonly contact: Contact
  readonly seen: Micros
}

/** Replacements by bucket (BEP 5 leaves them open), a few each: the one that came last is taken first. */
export class Spares {
  readonly #most: number
  readonly #byLeaf = new SparseMap<number, Spare[]>()

  /** `most`: of one bucket; beyond that the oldest goes. */
  constructor(most: number) {
    this.#most = most
  }

  has(leaf: number): boolean {
    return this.#byLeaf.has(leaf)
  }

  /** Takes the place of one with the same id or within the same limit. */
  add(leaf: number, spare: Spare): void {
    const { id, address } = spare.contact
    const spares = (this.#byLeaf.get(leaf) ?? []).filter(
      ({ contact }) => !equalBytes(contact.id, id) && !sameLimit(contact.address, address),
    )
    spares.push(spare)
    if (spares.length > this.#most) spares.shift()
    if (spares.length > 0) this.#byLeaf.set(leaf, spares)
  }

  take(leaf: number): Spare | undefined {
    const spares = this.#byLeaf.get(leaf)
    const spare = spares?.pop()
    if (spares?.length === 0) this.#byLeaf.delete(leaf)
    return spare
  }
}
