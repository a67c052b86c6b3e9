import { type SharedNode, sharedNode } from '../../src/codec/shared-nodes.ts'
import type { Address } from '../../src/core/address.ts'
import { compareDistance, type Id } from '../../src/core/id.ts'

/** As many as an honest answer names. */
const NAMED = 8

/** Nodes of one attacker: each knows all from the start, and names none but them. */
export class Colluders {
  readonly #nodes: readonly SharedNode[]

  /** `idOf` gives the id of the n-th, from 0. */
  constructor(places: readonly Address[], idOf: (index: number) => Id) {
    this.#nodes = places.map((address, index) => sharedNode(idOf(index), address))
  }

  idAt(own: Address): Id | undefined {
    return this.#nodes.find(({ address }) => address.text === own.text)?.id
  }

  nearest(target: Id, family: 4 | 6): { readonly nodes: SharedNode[] } | { readonly nodes6: SharedNode[] } {
    const nearest = this.#nodes
      .filter(({ address }) => address.family === family)
      .sort((a, b) => compareDistance(target, a.id, b.id))
      .slice(0, NAMED)
    return family === 4 ? { nodes: nearest } : { nodes6: nearest }
  }
}
