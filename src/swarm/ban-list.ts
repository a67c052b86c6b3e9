import type { Address } from '../core/address.ts'
import { limitKey } from '../core/address.ts'
import { toLatin1 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'

/** Endpoints, peer ids and IPs that a torrent refuses. Each kind has a cap; when it is full the oldest is forgotten. */
export class BanList {
  readonly #cap: number
  readonly #endpoints = new Set<string>()
  readonly #ids = new Set<string>()
  readonly #hosts = new Set<string>()
  /** Global IPs on which an endpoint was banned. */
  readonly #tainted = new Set<string>()
  readonly #strikes = new Map<string, number>()
  #blocks: (address: Address) => boolean = () => false

  constructor(cap: number) {
    this.#cap = cap
  }

  get size(): number {
    return this.#endpoints.size + this.#hosts.size
  }

  /** The user's own list of refused addresses, replaced at any time. */
  setBlocklist(blocks: (address: Address) => boolean): void {
    this.#blocks = blocks
  }

  refuses(address: Address, peerId?: Id): boolean {
    return (
      this.#endpoints.has(address.text) ||
      this.#hosts.has(limitKey(address)) ||
      (peerId !== undefined && this.#ids.has(toLatin1(peerId))) ||
      this.#blocks(address)
    )
  }

  /**
   * Bans the endpoint and the peer id. The IP too, in the global scope, when another of its endpoints was banned before or
   * none other is known (`alone`): behind one IP there may be many honest peers.
   */
  ban(address: Address, peerId: Id | undefined, alone: boolean): void {
    const known = this.#endpoints.has(address.text)
    this.#keep(this.#endpoints, address.text)
    if (peerId !== undefined) this.#keep(this.#ids, toLatin1(peerId))
    if (address.scope !== 'global') return
    const host = limitKey(address)
    if (alone || (this.#tainted.has(host) && !known)) this.#keep(this.#hosts, host)
    this.#keep(this.#tainted, host)
  }

  /** The same peer's other endpoint (where it listens): refused, and no offence of its own. */
  alias(address: Address): void {
    this.#keep(this.#endpoints, address.text)
  }

  /** Counts an offence; how many that makes. */
  strike(address: Address): number {
    const key = limitKey(address)
    const count = (this.#strikes.get(key) ?? 0) + 1
    this.#strikes.delete(key)
    this.#strikes.set(key, count)
    if (this.#strikes.size > this.#cap) this.#strikes.delete(this.#strikes.keys().next().value!)
    return count
  }

  /** Wipes the slate after the ban that it led to. */
  forgive(address: Address): void {
    this.#strikes.delete(limitKey(address))
  }

  #keep(set: Set<string>, text: string): void {
    set.add(text)
    if (set.size > this.#cap) set.delete(set.keys().next().value!)
  }
}
