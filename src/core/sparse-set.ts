/** A set that is nothing while it is empty, as `SparseMap`. Not to be emptied and filled again while it is walked. */
export class SparseSet<T> {
  #set: Set<T> | undefined

  get size(): number {
    return this.#set?.size ?? 0
  }

  has(item: T): boolean {
    return this.#set?.has(item) === true
  }

  add(item: T): void {
    this.#set ??= new Set()
    this.#set.add(item)
  }

  delete(item: T): boolean {
    const isGone = this.#set?.delete(item) === true
    if (isGone && this.#set?.size === 0) this.#set = undefined
    return isGone
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#set ?? NOTHING)[Symbol.iterator]()
  }
}

const NOTHING: readonly never[] = []
