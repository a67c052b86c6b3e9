import { type Item, isNewer, mutableTarget, signedBytes } from '../../codec/item.ts'
import { type ItemFields, itemOf } from '../../codec/krpc-item.ts'
import { equalBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'

export interface ItemSearchParts {
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly verify: (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean
}

/**
 * `newer`: the best so far; `held`: the same as the best; `older`: another, at most as new; `none`: only parts of an item; `bad`: it does not
 * belong to the target, or its signature is wrong.
 */
export type Finding = 'newer' | 'held' | 'older' | 'none' | 'bad'

/** What a look-up has learnt of the item at its target (BEP 44): nothing counts that is not verified. */
export class ItemSearch {
  readonly #parts: ItemSearchParts
  readonly #target: Id
  readonly #salt: Uint8Array
  #best: Item | undefined
  /** Nodes that hold the best one. */
  #copies = 0

  constructor(target: Id, salt: Uint8Array, parts: ItemSearchParts) {
    this.#target = target
    this.#salt = salt
    this.#parts = parts
  }

  get best(): Item | undefined {
    return this.#best
  }

  get copies(): number {
    return this.#copies
  }

  /** Takes in what one node says. */
  offered(fields: ItemFields): Finding {
    const item = itemOf(fields, this.#salt)
    if (item === undefined) return fields.value === undefined && !fields.isFaulty ? 'none' : 'bad'
    const best = this.#best
    if (best !== undefined && isSame(item, best)) {
      this.#copies += 1
      return 'held'
    }
    if (!this.#isSound(item)) return 'bad'
    if (best !== undefined && !isNewer(item, best)) return 'older'
    this.#best = item
    this.#copies = 1
    return 'newer'
  }

  #isSound({ value, signed }: Item): boolean {
    const { sha1, verify } = this.#parts
    if (signed === undefined) return equalBytes(sha1(value), this.#target)
    const { publicKey, salt, seq, signature } = signed
    return (
      equalBytes(mutableTarget(sha1, publicKey, salt), this.#target) &&
      verify(publicKey, signedBytes(salt, seq, value), signature)
    )
  }
}

function isSame(a: Item, b: Item): boolean {
  if (a.signed === undefined || b.signed === undefined)
    return a.signed === b.signed && equalBytes(a.value, b.value)
  return (
    a.signed.seq === b.signed.seq &&
    equalBytes(a.value, b.value) &&
    equalBytes(a.signed.signature, b.signed.signature) &&
    equalBytes(a.signed.publicKey, b.signed.publicKey)
  )
}
