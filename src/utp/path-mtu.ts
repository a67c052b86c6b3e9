import { MINUTE, type Micros, NEVER } from '../core/time.ts'

/** What every link carries (IPv6), less its head and that of UDP: below, IPv4 may cut datagrams in pieces, as sockets let it by default. */
const SURE = 1280 - 48
/** Of Ethernet. */
const ETHERNET = 1500
const HEADS = { 4: 28, 6: 48 } as const
/** Where the search ends. */
const CLOSE = 16
/** How often a size must have been lost to be too long: one may have been an accident. */
const FAILURES = 2
/** Ways change. */
const AGAIN: Micros = 10 * MINUTE

/** What we take and send where the way is known to carry it, on loopback: a block with the head of its message fits into one packet. */
export const LONGEST_DATAGRAM = 16_640

/** How long a datagram may be on its way to a remote: found by probes, which may be lost (RFC 4821), the longest first. */
export class PathMtu {
  /** What has come through. */
  size: number = SURE
  /** What may be; and what has not been found too long in this search. */
  #most: number
  #ceiling: number
  /** Nothing has been tried in this search. */
  #fresh = true
  /** The length of the probe that is on its way; 0: none. */
  #probe = 0
  #failures = 0
  #next: Micros = 0

  constructor(family: 4 | 6) {
    this.#most = ETHERNET - HEADS[family]
    this.#ceiling = this.#most
  }

  /** The remote takes datagrams of `length` bytes, and the way is known to carry them. */
  raise(length: number): void {
    if (Math.min(length, LONGEST_DATAGRAM) <= this.#most) return
    this.#most = Math.min(length, LONGEST_DATAGRAM)
    this.#ceiling = this.#most
    this.#fresh = true
    this.#next = 0
  }

  /** The length of a probe that should be sent now; 0: none. */
  due(now: Micros): number {
    if (this.#probe !== 0 || now < this.#next) return 0
    return this.#fresh ? this.#ceiling : (this.size + this.#ceiling + 1) >> 1
  }

  sent(length: number): void {
    this.#probe = length
    this.#fresh = false
  }

  arrived(now: Micros): void {
    this.size = Math.max(this.size, this.#probe)
    this.#failures = 0
    this.#ended(now)
  }

  lost(now: Micros): void {
    this.#failures += 1
    if (this.#failures === FAILURES) {
      this.#failures = 0
      this.#ceiling = this.#probe - 1
    } else if (this.#probe === this.#ceiling) this.#fresh = true
    this.#ended(now)
  }

  #ended(now: Micros): void {
    this.#probe = 0
    if (this.#ceiling - this.size >= CLOSE) return
    this.#next = this.#most - this.size < CLOSE ? NEVER : now + AGAIN
    this.#ceiling = this.#most
    this.#fresh = true
  }
}
