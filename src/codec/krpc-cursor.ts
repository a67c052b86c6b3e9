import { type Address, addressFromCompact } from '../core/address.ts'
import { copyBytes, toLatin1 } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import { sharedId } from '../core/shared-ids.ts'
import { BencodeCursor, TOKEN } from './bencode-cursor.ts'
import { type NodeInfo, readNodes, readPeers } from './compact.ts'
import { FILTER_LENGTH } from './scrape-filter.ts'

/** A set of address families, as `want` names it (BEP 32). */
export const WANT = { ipv4: 1, ipv6: 2 } as const

/** Names that come out as constants, so that the frequent ones cost no string. */
const METHODS = [
  'ping',
  'find_node',
  'get_peers',
  'announce_peer',
  'get',
  'put',
  'sample_infohashes',
] as const
const NONE: readonly never[] = []

/**
 * Passes the values that KRPC messages consist of. Each method passes one whole value, whatever its type, and says what it
 * was worth; after a malformed one the next step is a bad one.
 */
export class KrpcCursor extends BencodeCursor {
  /** Whether it is a string of at most `longest` bytes; its content is then at `start`. */
  passString(longest: number): boolean {
    const token = this.step()
    if (token === TOKEN.string) return this.end - this.start <= longest
    this.finish(token)
    return false
  }

  passCopy(longest: number): Uint8Array | undefined {
    return this.passString(longest) ? copyBytes(this.bytes, this.start, this.end) : undefined
  }

  /** Whether it is a string of exactly `length` bytes. */
  passExactly(length: number): boolean {
    return this.passString(length) && this.end - this.start === length
  }

  /** A filter of BEP 33; one that claims everybody tells nothing. */
  passFilter(): Uint8Array | undefined {
    if (!this.passExactly(FILTER_LENGTH)) return undefined
    const filter = copyBytes(this.bytes, this.start, this.end)
    return filter.every((byte) => byte === 0xff) ? undefined : filter
  }

  /** The id is one that the process shares. */
  passId(): Id | undefined {
    return this.passExactly(ID_LENGTH) ? sharedId(this.bytes, this.start) : undefined
  }

  /** The offset of a list or dictionary; -1 when it is something else. */
  passOpen(wanted: typeof TOKEN.list | typeof TOKEN.dict): number {
    const at = this.at
    const token = this.step()
    this.finish(token)
    return token === wanted ? at : -1
  }

  /** True for any integer but 0. */
  passFlag(): boolean {
    const token = this.step()
    this.finish(token)
    return token === TOKEN.integer && this.integer !== 0
  }

  /** A whole number; 0 for anything else. */
  passCount(): number {
    const token = this.step()
    this.finish(token)
    return token === TOKEN.integer ? this.integer : 0
  }

  /** A whole number of at most 64 bits, exactly; `undefined` beyond ± `most`. */
  passInteger(most: bigint): bigint | undefined {
    const from = this.at + 1
    const token = this.step()
    if (token !== TOKEN.integer) {
      this.finish(token)
      return undefined
    }
    const integer = BigInt(toLatin1(this.bytes, from, this.at - 1))
    return integer > most || integer < -most ? undefined : integer
  }

  /** The bytes of a whole value of any type. */
  passSpan(): Uint8Array | undefined {
    const from = this.at
    return this.skip() ? copyBytes(this.bytes, from, this.at) : undefined
  }

  passPort(): number | undefined {
    const token = this.step()
    this.finish(token)
    const isPort = token === TOKEN.integer && this.integer >= 1 && this.integer <= 65_535
    return isPort ? this.integer : undefined
  }

  /** The name of a method in Latin-1. */
  passMethod(): string | undefined {
    if (!this.passString(this.bytes.length)) return undefined
    for (const method of METHODS) if (this.is(method)) return method
    return toLatin1(this.bytes, this.start, this.end)
  }

  /** A compact endpoint of either family. */
  passAddress(): Address | undefined {
    if (!this.passString(18)) return undefined
    const length = this.end - this.start
    if (length === 6) return addressFromCompact(this.bytes, this.start, 4)
    return length === 18 ? addressFromCompact(this.bytes, this.start, 6) : undefined
  }

  passNodes(family: 4 | 6): readonly NodeInfo[] {
    return this.passString(this.bytes.length)
      ? readNodes(this.bytes.subarray(this.start, this.end), family)
      : NONE
  }

  /** The families of a `want` list, a set of `WANT`. */
  passWant(): number {
    let want = 0
    this.#passStrings(() => {
      if (this.is('n4')) want |= WANT.ipv4
      else if (this.is('n6')) want |= WANT.ipv6
    })
    return want
  }

  /** The peers of a `values` list; entries that are none are left out. `loneEighteen`: see `decodeKrpc`. */
  passValues(loneEighteen: 4 | 6): readonly Address[] {
    const peers: Address[] = []
    let last = this.bytes
    const entries = this.#passStrings(() => {
      last = this.bytes.subarray(this.start, this.end)
      if (last.length === 6) peers.push(addressFromCompact(last, 0, 4))
      else if (last.length === 18) peers.push(addressFromCompact(last, 0, 6))
    })
    // Old mainline nodes send all peers in one string.
    const joined = entries === 1 && last !== this.bytes && last.length > 6
    return joined && (last.length !== 18 || loneEighteen === 4) ? readPeers(last, 4) : peers
  }

  /** Calls `each` at every string of a list; the number of its entries, whatever their type. */
  #passStrings(each: () => void): number {
    let entries = 0
    let token = this.step()
    if (token !== TOKEN.list) {
      this.finish(token)
      return entries
    }
    while ((token = this.step()) !== TOKEN.close && token !== TOKEN.bad) {
      entries += 1
      if (token === TOKEN.string) each()
      else this.finish(token)
    }
    return entries
  }
}
