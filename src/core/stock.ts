import { readUint32 } from './bytes.ts'

const FIRST_PLACES = 256
/** Places looked at for one key: who makes hashes collide on purpose loses sharing, and costs nobody time. */
const REACH = 24

/** At least this many items are kept by each stock of the process: see `expectItems`. */
let expected = 0

/** Lets every stock of this process hold `count` live items: many nodes in one process meet as many endpoints and ids. */
export function expectItems(count: number): void {
  expected = Math.max(expected, count)
}

/**
 * One copy per process of values that are met again and again on the wire (endpoints, ids), by the bytes they come in. Two
 * generations of a bounded number of items: what is no longer asked for falls out, what is in use is carried over. No key is
 * made to look, and it ends at bytes that lie in a row: a map by text or by a number beyond 31 bits takes three times as long.
 */
export class Stock<T> {
  readonly #width: number
  readonly #least: number
  #young: Generation<T>
  #old: Generation<T> | undefined

  /** Keys have `width` bytes, at least 4. A generation holds `least` items, or as many as `expectItems` says. */
  constructor(width: number, least: number) {
    this.#width = width
    this.#least = least
    this.#young = new Generation<T>(width)
  }

  /** The item whose key is in `bytes` at `at`. */
  find(bytes: Uint8Array, at: number): T | undefined {
    const hash = hashOf(bytes, at, this.#width)
    const found = this.#young.find(hash, bytes, at)
    if (found !== undefined || this.#old === undefined) return found
    const carried = this.#old.find(hash, bytes, at)
    if (carried !== undefined) this.add(bytes, at, carried)
    return carried
  }

  /** Adds what `find` did not. */
  add(bytes: Uint8Array, at: number, item: T): void {
    if (this.#young.size >= Math.max(this.#least, expected)) {
      this.#old = this.#young
      this.#young = new Generation<T>(this.#width)
    }
    this.#young.add(hashOf(bytes, at, this.#width), bytes, at, item)
  }
}

/**
 * Open addressing, at most half full; where all within reach is taken, the last place gives way. Hash and key are one record, so that
 * a look goes to one place in memory.
 */
class Generation<T> {
  size = 0
  readonly #width: number
  /** 32-bit words of a record: its hash (0 stands for an empty place), then its key. */
  readonly #words: number
  /** How many places there are, less one: a power of two less one. */
  #mask = FIRST_PLACES - 1
  #hashes: Int32Array
  /** The same memory. */
  #bytes: Uint8Array
  #items: (T | undefined)[] = new Array<T | undefined>(FIRST_PLACES).fill(undefined)

  constructor(width: number) {
    this.#width = width
    this.#words = 1 + Math.ceil(width / 4)
    this.#hashes = new Int32Array(FIRST_PLACES * this.#words)
    this.#bytes = new Uint8Array(this.#hashes.buffer)
  }

  find(hash: number, bytes: Uint8Array, at: number): T | undefined {
    for (let i = 0; i < REACH; i++) {
      const place = (hash + i) & this.#mask
      const theirs = this.#hashes[place * this.#words]!
      if (theirs === 0) return undefined
      if (theirs === hash && this.#isAt(place, bytes, at)) return this.#items[place]
    }
    return undefined
  }

  add(hash: number, bytes: Uint8Array, at: number, item: T): void {
    if (2 * (this.size + 1) > this.#mask) this.#grow()
    this.#put(hash, bytes, at, item)
    this.size += 1
  }

  /** Where the key of the record at `place` begins, in bytes. */
  #keyOf(place: number): number {
    return 4 * (place * this.#words + 1)
  }

  #isAt(place: number, bytes: Uint8Array, at: number): boolean {
    const keys = this.#bytes
    const start = this.#keyOf(place)
    for (let i = 0; i < this.#width; i++) if (keys[start + i] !== bytes[at + i]) return false
    return true
  }

  #put(hash: number, bytes: Uint8Array, at: number, item: T): void {
    const hashes = this.#hashes
    const words = this.#words
    let place = hash & this.#mask
    for (let i = 1; i < REACH && hashes[place * words] !== 0; i++) place = (hash + i) & this.#mask
    hashes[place * words] = hash
    this.#items[place] = item
    const start = this.#keyOf(place)
    for (let i = 0; i < this.#width; i++) this.#bytes[start + i] = bytes[at + i]!
  }

  #grow(): void {
    const hashes = this.#hashes
    const bytes = this.#bytes
    const items = this.#items
    this.#mask = 2 * items.length - 1
    this.#hashes = new Int32Array(2 * hashes.length)
    this.#bytes = new Uint8Array(this.#hashes.buffer)
    this.#items = new Array<T | undefined>(2 * items.length).fill(undefined)
    for (let place = 0; place < items.length; place++) {
      const hash = hashes[place * this.#words]!
      if (hash !== 0) this.#put(hash, bytes, this.#keyOf(place), items[place]!)
    }
  }
}

/** Of all bytes, never 0. */
function hashOf(bytes: Uint8Array, at: number, width: number): number {
  let hash = width
  const last = at + width - 4
  for (let i = at; i < last; i += 4) hash = mixed(hash ^ readUint32(bytes, i))
  hash = mixed(hash ^ readUint32(bytes, last))
  return (hash ^ (hash >>> 16)) | 0 || 1
}

function mixed(word: number): number {
  const product = Math.imul(word, 0x9e3779b1)
  return product ^ (product >>> 15)
}
