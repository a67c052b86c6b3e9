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
  #ip: Int32Array = new Int32Array(FIRST_SIZE)
  #port: Int32Array = new Int32Array(FIRST_SIZE)
  #values: (T | undefined)[] = new Array(FIRST_SIZE).fill(undefined)
  #mask = FIRST_SIZE - 1
  #count = 0
  readonly #six = new Map<string, T>()

  get(address: Address): T | undefined {
    if (address.family === 6) return this.#six.get(address.text)
    return this.#values[this.#find(readUint32(address.bytes, 0) | 0, address.port)]
  }

  set(address: Address, value: T): void {
    if (address.family === 6) {
      this.#six.set(address.text, value)
      return
    }
    if (this.#count * 2 >= this.#values.length) this.#grow()
    this.#put(readUint32(address.bytes, 0) | 0, address.port, value)
  }

  delete(address: Address): void {
    if (address.family === 6) {
      this.#six.delete(address.text)
      return
    }
    let hole = this.#find(readUint32(address.bytes, 0) | 0, address.port)
    if (this.#values[hole] === undefined) return
    this.#count -= 1
    this.#values[hole] = undefined
    // What follows moves up unless it lies at home, or no search for it would cross the hole.
    for (let at = (hole + 1) & this.#mask; this.#values[at] !== undefined; at = (at + 1) & this.#mask) {
      const home = slotOf(this.#ip[at]!, this.#port[at]!) & this.#mask
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue
      this.#ip[hole] = this.#ip[at]!
      this.#port[hole] = this.#port[at]!
      this.#values[hole] = this.#values[at]
      this.#values[at] = undefined
      hole = at
    }
  }

  #find(ip: number, port: number): number {
    let at = slotOf(ip, port) & this.#mask
    while (this.#values[at] !== undefined && (this.#ip[at] !== ip || this.#port[at] !== port)) {
      at = (at + 1) & this.#mask
    }
    return at
  }

  #put(ip: number, port: number, value: T): void {
    const at = this.#find(ip, port)
    if (this.#values[at] === undefined) this.#count += 1
    this.#ip[at] = ip
    this.#port[at] = port
    this.#values[at] = value
  }

  #grow(): void {
    const ips = this.#ip
    const ports = this.#port
    const values = this.#values
    const size = values.length * 2
    this.#ip = new Int32Array(size)
    this.#port = new Int32Array(size)
    this.#values = new Array(size).fill(undefined)
    this.#mask = size - 1
    this.#count = 0
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      if (value !== undefined) this.#put(ips[at]!, ports[at]!, value)
    }
  }
}

function slotOf(ip: number, port: number): number {
  const hash = Math.imul(ip ^ Math.imul(port, 0x9e3779b1), 0x85ebca6b)
  return hash ^ (hash >>> 15)
}
