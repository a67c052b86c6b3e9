/**
 * A map that is nothing while it is empty (24 bytes instead of 216): for what a node rarely holds but always has, a dozen times.
 * Not to be emptied and filled again while it is walked.
 */
export class SparseMap<K, V> {
  #map: Map<K, V> | undefined

  get size(): number {
    return this.#map?.size ?? 0
  }

  get(key: K): V | undefined {
    return this.#map?.get(key)
  }

  has(key: K): boolean {
    return this.#map?.has(key) === true
  }

  set(key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  delete(key: K): boolean {
    const isGone = this.#map?.delete(key) === true
    if (isGone && this.#map?.size === 0) this.#map = undefined
    return isGone
  }

  clear(): void {
    this.#map = undefined
  }

  keys(): Iterable<K> {
    return this.#map?.keys() ?? NOTHING
  }

  values(): Iterable<V> {
    return this.#map?.values() ?? NOTHING
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return (this.#map ?? NOTHING)[Symbol.iterator]()
  }
}

const NOTHING: readonly never[] = []
