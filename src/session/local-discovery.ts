import { decodeSearch, encodeSearch, MOST_SEARCHED } from '../codec/search-message.ts'
import { type Address, withPort } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { TokenBucket } from '../core/rate.ts'
import { MILLISECOND, MINUTE, type Micros, NEVER } from '../core/time.ts'
import type { Machine } from './seat.ts'

/** How often a torrent is announced, and how much time is between two datagrams to a group (BEP 14, "Usage"). */
const ANNOUNCE_INTERVAL = 5 * MINUTE
const DATAGRAM_INTERVAL = MINUTE
/** What is begun together is announced together. */
const GATHERING = 200 * MILLISECOND
/** Datagrams read a second, from all, and at once. */
const DATAGRAM_RATE = 20
const DATAGRAM_BURST = 100
/** Peers taken a second from one host (of many clients, perhaps), and at once; hosts whose peers are counted. */
const PEER_RATE = 1
const PEER_BURST = 50
const MOST_HOSTS = 64

export interface LocalEffects {
  /** Sends to the group of this family, on each of its networks. */
  announce(family: 4 | 6, datagram: Uint8Array): void
  touch(): void
}

export interface LocalDiscoveryInit {
  readonly now: Micros
  /** Where we take peers; `undefined`: nowhere, so nothing is announced. */
  readonly port: number | undefined
  /** By which our own messages are known: at most 16 characters, drawn by lot. */
  readonly cookie: string
  /** Whether we are reached from this machine alone, and reach it alone. */
  readonly loopbackOnly: boolean
  readonly effects: LocalEffects
}

interface Wanted {
  readonly infoHash: Id
  readonly found: (now: Micros, peer: Address) => void
}

/** A group that was joined: when it may be sent to again, and when each torrent is to be announced there. */
interface Group {
  readonly family: 4 | 6
  mayAt: Micros
  readonly due: Map<string, Micros>
}

/** What became of the datagrams that came. */
interface LocalCounters {
  /** Looked at. */
  heard: number
  own: number
  malformed: number
  /** From where no peer is taken: global addresses, and what we cannot reach. */
  foreign: number
  /** Datagrams, or peers in them, beyond a limit. */
  excess: number
}

/** Local service discovery (BEP 14): announces torrents to multicast groups, and takes as peers those who announce the same. */
export class LocalDiscovery implements Machine {
  readonly counters: LocalCounters = { heard: 0, own: 0, malformed: 0, foreign: 0, excess: 0 }
  readonly #init: LocalDiscoveryInit
  readonly #wanted = new Map<string, Wanted>()
  readonly #groups: Group[] = []
  readonly #budget: TokenBucket
  readonly #hosts = new Map<string, TokenBucket>()

  constructor(init: LocalDiscoveryInit) {
    this.#init = init
    this.#budget = new TokenBucket(init.now, DATAGRAM_RATE, DATAGRAM_BURST)
  }

  /** From now on the group of this family is sent to. */
  joined(now: Micros, family: 4 | 6): void {
    const due = new Map([...this.#wanted.keys()].map((key) => [key, now]))
    this.#groups.push({ family, mayAt: now, due })
    this.#init.effects.touch()
  }

  /** Announces a torrent, and tells who else announces it, until it leaves. */
  enter(now: Micros, infoHash: Id, found: (now: Micros, peer: Address) => void): void {
    const key = toHex(infoHash)
    this.#wanted.set(key, { infoHash, found })
    for (const { due } of this.#groups) due.set(key, now + GATHERING)
    this.#init.effects.touch()
  }

  leave(infoHash: Id): void {
    const key = toHex(infoHash)
    this.#wanted.delete(key)
    for (const { due } of this.#groups) due.delete(key)
  }

  /** A datagram came to one of the groups. */
  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    const { counters } = this
    if (!this.#budget.tryTake(now, 1)) {
      counters.excess += 1
      return
    }
    counters.heard += 1
    const message = decodeSearch(datagram)
    if (message === undefined) counters.malformed += 1
    else if (message.cookie === this.#init.cookie) counters.own += 1
    else if (!this.#takes(from)) counters.foreign += 1
    else {
      for (const infoHash of message.infoHashes) {
        const wanted = this.#wanted.get(toHex(infoHash))
        if (wanted === undefined) continue
        if (this.#budgetOf(now, from.host).tryTake(now, 1)) wanted.found(now, withPort(from, message.port))
        else counters.excess += 1
      }
    }
  }

  tick(now: Micros): void {
    const { port, cookie, effects } = this.#init
    if (port === undefined) return
    for (const group of this.#groups) {
      if (now < deadlineOf(group)) continue
      // What would be due before the next datagram goes along; of more than fit in, those go first that have waited longest.
      const keys = [...group.due]
        .filter(([, at]) => at < now + DATAGRAM_INTERVAL)
        .sort(([, a], [, b]) => a - b)
        .slice(0, MOST_SEARCHED)
        .map(([key]) => key)
      for (const key of keys) group.due.set(key, now + ANNOUNCE_INTERVAL)
      group.mayAt = now + DATAGRAM_INTERVAL
      const infoHashes = keys.map((key) => this.#wanted.get(key)!.infoHash)
      effects.announce(group.family, encodeSearch({ family: group.family, port, infoHashes, cookie }))
    }
  }

  nextDeadline(): Micros {
    return this.#init.port === undefined ? NEVER : Math.min(NEVER, ...this.#groups.map(deadlineOf))
  }

  /** A datagram of a global address came from afar, or lies about it. */
  #takes({ scope, usable }: Address): boolean {
    return usable && (scope === 'loopback' || (scope === 'private' && !this.#init.loopbackOnly))
  }

  #budgetOf(now: Micros, host: string): TokenBucket {
    const known = this.#hosts.get(host)
    if (known !== undefined) return known
    if (this.#hosts.size >= MOST_HOSTS) this.#hosts.delete(this.#hosts.keys().next().value!)
    const budget = new TokenBucket(now, PEER_RATE, PEER_BURST)
    this.#hosts.set(host, budget)
    return budget
  }
}

function deadlineOf({ mayAt, due }: Group): Micros {
  let first = NEVER
  for (const at of due.values()) first = Math.min(first, at)
  return Math.max(mayAt, first)
}
