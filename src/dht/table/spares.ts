import { sameLimit } from '../../core/address.ts'
import { equalBytes } from '../../core/bytes.ts'
import { isCompliant } from '../../core/node-id.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import type { Micros } from '../../core/time.ts'
import type { Contact } from './contact.ts'

/** A node that answered and found no place. */
export interface Spare {
  readonly contact: Contact
  readonly seen: Micros
}

/**
 * Replacements by bucket (BEP 5 leaves them open), a few each. The one that came last is taken first; those whose id fits their IP
 * before all others (BEP 42).
 */
export class Spares {
  readonly #most: number
  readonly #byLeaf = new SparseMap<number, Spare[]>()

  /** `most`: of one bucket; beyond that the one goes that would be taken last. */
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
    if (spares.length > this.#most) spares.splice(Math.max(0, spares.findIndex(isUnfit)), 1)
    if (spares.length > 0) this.#byLeaf.set(leaf, spares)
  }

  take(leaf: number): Spare | undefined {
    const spares = this.#byLeaf.get(leaf)
    if (spares === undefined) return undefined
    const fitting = spares.findLastIndex((spare) => !isUnfit(spare))
    const [spare] = spares.splice(fitting, 1)
    if (spares.length === 0) this.#byLeaf.delete(leaf)
    return spare
  }
}

function isUnfit({ contact }: Spare): boolean {
  return !isCompliant(contact.id, contact.address)
}
