import { type Address, parseAddress } from '../../src/core/address.ts'
import { readUint32 } from '../../src/core/bytes.ts'

/** First octets 11 to 99: all global, and clear of the special ranges. */
const HOSTS = { first: 11, count: 89 }
/** First octets 128 to 167: global too, and no host's. */
const BOXES = { first: 128, count: 40 }

/** The global IPv4 address of host `index` (0 to 5.8 million): each in a /24 of its own, neighbours in different /8s. */
export function hostOf(index: number): string {
  return spread(index, HOSTS)
}

/** The global IPv6 address of host `index` (0 to 4 thousand million): each in a /48 of its own. */
export function hostOf6(index: number): string {
  const high = 0x1000 + Math.floor(index / 0x1_0000)
  return parseAddress(`2001:${high.toString(16)}:${(index % 0x1_0000).toString(16)}::1`, 1)!.host
}

/** The global IPv4 address of translator `index` (0 to 2.6 million). */
export function boxHostOf(index: number): string {
  return spread(index, BOXES)
}

/** The private IPv4 address `index` (from 1) behind a translator: of 100.64.0.0/10 behind a carrier's, else of 10.0.0.0/8. */
export function insideHostOf(index: number, carrier: boolean): string {
  const high = index >> 16
  return `${carrier ? 100 : 10}.${(carrier ? 64 : 0) + high}.${(index >> 8) & 255}.${index & 255}`
}

function spread(index: number, range: { readonly first: number; readonly count: number }): string {
  const rest = Math.floor(index / range.count)
  return `${range.first + (index % range.count)}.${(rest >> 8) & 255}.${rest & 255}.${1 + (index % 250)}`
}

const FIRST_SIZE = 64

/**
 * A map by endpoint. IPv4 endpoints lie in one open-addressed table over typed arrays: finding one takes two reads and no
 * text, where a `Map` by text follows the string's hash and compares.
 */
export class AddressTable<T> {
  /** Per place, side by side, the IP and the port plus one: 0 there stands for an empty place. */
  #keys: Int32Array = new Int32Array(2 * FIRST_SIZE)
  #values: (T | undefined)[] = new Array(FIRST_SIZE).fill(undefined)
  #mask = FIRST_SIZE - 1
  #count = 0
  readonly #six = new Map<string, T>()

  get(address: Address): T | undefined {
    if (address.family === 6) return this.#six.get(address.text)
    return this.#values[this.#find(readUint32(address.bytes, 0) | 0, address.port + 1)]
  }

  set(address: Address, value: T): void {
    if (address.family === 6) {
      this.#six.set(address.text, value)
      return
    }
    if (this.#count * 2 >= this.#values.length) this.#grow()
    this.#put(readUint32(address.bytes, 0) | 0, address.port + 1, value)
  }

  delete(address: Address): void {
    if (address.family === 6) {
      this.#six.delete(address.text)
      return
    }
    const keys = this.#keys
    let hole = this.#find(readUint32(address.bytes, 0) | 0, address.port + 1)
    if (keys[2 * hole + 1] === 0) return
    this.#count -= 1
    this.#clear(hole)
    // What follows moves up unless it lies at home, or no search for it would cross the hole.
    for (let at = (hole + 1) & this.#mask; keys[2 * at + 1] !== 0; at = (at + 1) & this.#mask) {
      const home = slotOf(keys[2 * at]!, keys[2 * at + 1]!) & this.#mask
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue
      keys[2 * hole] = keys[2 * at]!
      keys[2 * hole + 1] = keys[2 * at + 1]!
      this.#values[hole] = this.#values[at]
      this.#clear(at)
      hole = at
    }
  }

  /** The place of an endpoint, or the empty one where it would be put. */
  #find(ip: number, mark: number): number {
    const keys = this.#keys
    for (let at = slotOf(ip, mark) & this.#mask; ; at = (at + 1) & this.#mask) {
      const theirs = keys[2 * at + 1]
      if (theirs === 0 || (theirs === mark && keys[2 * at] === ip)) return at
    }
  }

  #put(ip: number, mark: number, value: T): void {
    const at = this.#find(ip, mark)
    if (this.#keys[2 * at + 1] === 0) this.#count += 1
    this.#keys[2 * at] = ip
    this.#keys[2 * at + 1] = mark
    this.#values[at] = value
  }

  #clear(at: number): void {
    this.#keys[2 * at + 1] = 0
    this.#values[at] = undefined
  }

  #grow(): void {
    const keys = this.#keys
    const values = this.#values
    const size = values.length * 2
    this.#keys = new Int32Array(2 * size)
    this.#values = new Array(size).fill(undefined)
    this.#mask = size - 1
    this.#count = 0
    for (let at = 0; at < values.length; at++) {
      if (keys[2 * at + 1] !== 0) this.#put(keys[2 * at]!, keys[2 * at + 1]!, values[at]!)
    }
  }
}

function slotOf(ip: number, mark: number): number {
  const hash = Math.imul(ip ^ Math.imul(mark, 0x9e3779b1), 0x85ebca6b)
  return hash ^ (hash >>> 15)
}
