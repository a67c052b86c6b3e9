import type { Address } from '../core/address.ts'
import { limitKey, withPort } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import { TokenBucket } from '../core/rate.ts'
import type { Rng } from '../core/rng.ts'
import { below, unit } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import { BanList } from './ban-list.ts'
import type { Candidate } from './candidate.ts'
import { DialQueue } from './dial-queue.ts'
import { type Ending, firstWait } from './first-wait.ts'
import type { SwarmOptions } from './options.ts'
import { type Lack, Places } from './places.ts'
import { type Ranking, unranked } from './ranking.ts'

export type PeerSource = 'dht' | 'tracker' | 'pex' | 'lsd' | 'manual' | 'magnet' | 'saved' | 'incoming'

export interface Dial {
  readonly address: Address
  /** Give up after this long (and report `failed`). */
  readonly timeout: Micros
}

export interface PoolCounts {
  readonly candidates: number
  readonly untried: number
  readonly dialling: number
  readonly connected: number
  /** Candidates refused or forgotten because the pool was full. */
  readonly overflow: number
  readonly banned: number
}

/** A connection that lasted this long wipes out what failed before. */
const LASTING = MINUTE
/** Candidates compared when one must be forgotten. */
const EVICTION_SAMPLE = 16

/** Whom to dial, when, and whom to let in: candidates, back-off, budgets, bans. */
export class PeerPool {
  readonly #options: SwarmOptions
  readonly #dice: Rng
  readonly #bans: BanList
  readonly #dials: TokenBucket
  readonly #byText = new Map<string, Candidate>()
  readonly #all: Candidate[] = []
  readonly #queue: DialQueue<Candidate>
  /** Incoming connections by their remote endpoint, and where that peer listens once it has told. */
  readonly #guests = new Map<string, { readonly address: Address; home: Candidate | undefined }>()
  readonly #own = new Set<string>()
  readonly #places: Places
  #dialling = 0
  #overflow = 0
  #seeding = false

  constructor(now: Micros, options: SwarmOptions, dice: Rng, rank: Ranking = unranked) {
    this.#options = options
    this.#dice = dice
    this.#bans = new BanList(options.bans)
    this.#places = new Places(options)
    this.#queue = new DialQueue(({ address }) => rank(address))
    // Rate and burst together stay below `dialRate` in any second.
    this.#dials = new TokenBucket(now, options.dialRate * 0.9, Math.max(1, options.dialRate * 0.1 - 1))
  }

  /** True when it is new. Unusable, refused and own endpoints are not taken; a full pool forgets its least promising. */
  add(now: Micros, address: Address, source: PeerSource): boolean {
    const named = source === 'manual' || source === 'magnet'
    const known = this.#byText.get(address.text)
    if (known !== undefined) {
      if (source === 'manual' && !known.dialling && known.connections === 0) {
        known.named = true
        this.#queue.schedule(known, now, true)
      }
      return false
    }
    if (!address.usable || this.#own.has(address.text) || this.refuses(address)) return false
    if (this.#all.length >= this.#options.candidates && !this.#evict(named)) return false
    const candidate = this.#create(address, named)
    if (named) this.#queue.schedule(candidate, now, true)
    else this.#queue.push(candidate)
    return true
  }

  /** The next one to dial now, from here on being dialled: ask until `undefined`. Answered by `connected` or `failed`. */
  next(now: Micros): Dial | undefined {
    while (this.#mayDial && this.#dials.ready(now)) {
      // Untried ones in plenty: the dead among them must not hold the half-open places for long.
      const hurried = this.#queue.untried > this.#options.halfOpen
      const candidate = this.#queue.take(now)
      if (candidate === undefined) return undefined
      if (candidate.connections > 0 || candidate.dialling) continue
      if (this.refuses(candidate.address)) {
        this.#forget(candidate.address)
        continue
      }
      if ((candidate.seed && this.#seeding) || this.#places.crowded(candidate.address)) {
        this.#queue.schedule(candidate, now + this.#options.longestBackOff * SECOND, false)
        continue
      }
      this.#dial(now, candidate)
      const seconds = hurried ? this.#options.hurriedDialTimeout : this.#options.dialTimeout
      return { address: candidate.address, timeout: seconds * SECOND }
    }
    return undefined
  }

  /** The known peer at `address` dials us now, and we it (BEP 55): true when it may be, and counts as being dialled from here on. */
  summon(now: Micros, address: Address): boolean {
    const candidate = this.#byText.get(address.text)
    if (candidate === undefined || candidate.dialling || candidate.connections > 0) return false
    if (this.refuses(address) || (candidate.seed && this.#seeding) || this.#places.crowded(address))
      return false
    if (!this.#mayDial || !this.#dials.ready(now)) return false
    this.#queue.remove(candidate)
    this.#dial(now, candidate)
    return true
  }

  /** When `next` may have one; after it returned `undefined` this is later than `now`. */
  nextDeadline(now: Micros): Micros {
    if (!this.#mayDial || this.#queue.next === NEVER) return NEVER
    return Math.max(this.#queue.next, this.#dials.readyAt(now))
  }

  /** A dial ended without both wire handshakes; `declined`: the remote took it and closed it in good order. */
  failed(now: Micros, address: Address, declined = false): void {
    const candidate = this.#byText.get(address.text)
    if (candidate === undefined || !this.#undial(candidate)) return
    const wait = firstWait(declined ? 'declined' : 'broken', candidate.named, this.#options)
    this.#retry(now, candidate, wait, candidate.named)
  }

  /** The dial could not be started (no socket): its turn comes again soon, and it is not held against it. */
  postponed(now: Micros, address: Address): void {
    const candidate = this.#byText.get(address.text)
    if (candidate === undefined || !this.#undial(candidate)) return
    this.#queue.schedule(candidate, now + this.#options.shortBackOff * SECOND, candidate.named)
  }

  /** Since when somebody waits to be dialled and only the places are missing; `NEVER` when it is not so. */
  get stuckSince(): Micros {
    return this.#dialling < this.#options.halfOpen && this.#places.full(this.#dialling)
      ? this.#queue.next
      : NEVER
  }

  /** Whether a peer that dialled us may come in if there is a place: not refused, nor too many on its IP. */
  welcomes(address: Address, peerId: Id | undefined): boolean {
    return !this.refuses(address, peerId) && !this.#places.crowded(address)
  }

  /** Whose leaving would make room for a new peer: nobody need, any one, one that dialled us as it did. */
  lacking(outgoing: boolean): Lack {
    if (!outgoing && this.#places.fullOfIncoming(this.#seeding)) return 'incoming place'
    return this.#places.full(0) ? 'place' : 'nothing'
  }

  /** Whether the user named the peer that is connected from or at `address`. */
  named(address: Address): boolean {
    return (this.#guests.get(address.text)?.home ?? this.#byText.get(address.text))?.named === true
  }

  /** Both wire handshakes are done. */
  connected(now: Micros, address: Address, outgoing: boolean): void {
    this.#places.take(address, outgoing)
    const candidate = this.#byText.get(address.text) ?? (outgoing ? this.#create(address, false) : undefined)
    if (!outgoing) this.#guests.set(address.text, { address, home: candidate })
    if (candidate === undefined) return
    if (outgoing) this.#undial(candidate)
    this.#arrive(now, candidate)
  }

  /** A peer that dialled us told its listening port: it is not dialled there while it is here, but afterwards. */
  listens(now: Micros, address: Address, port: number): void {
    const guest = this.#guests.get(address.text)
    if (guest === undefined || guest.home !== undefined) return
    const home = withPort(address, port)
    this.add(now, home, 'incoming')
    guest.home = this.#byText.get(home.text)
    if (guest.home !== undefined) this.#arrive(now, guest.home)
  }

  /** A connected peer has gone. */
  closed(now: Micros, address: Address, how: Ending): void {
    const guest = this.#guests.get(address.text)
    const candidate = guest === undefined ? this.#byText.get(address.text) : guest.home
    if (guest === undefined && (candidate === undefined || candidate.connections === 0)) return
    this.#guests.delete(address.text)
    this.#places.give(address, guest === undefined)
    if (how === 'strike' && this.#bans.strike(address) >= this.#options.strikes) {
      this.#bans.forgive(address)
      this.ban(address, undefined)
    }
    if (candidate === undefined) return
    candidate.connections -= 1
    if (candidate.connections > 0) return
    if (now - candidate.connectedAt >= LASTING) candidate.failures = 0
    const wait = firstWait(how, candidate.named, this.#options)
    this.#retry(now, candidate, wait, wait <= this.#options.shortBackOff)
  }

  /** It wants nothing of us: not dialled while we seed. `address` is where it listens or dialled from. */
  seed(address: Address, seed = true): void {
    const candidate = this.#guests.get(address.text)?.home ?? this.#byText.get(address.text)
    if (candidate !== undefined) candidate.seed = seed
  }

  setSeeding(seeding: boolean): void {
    this.#seeding = seeding
  }

  /** It is ourselves: never dialled again. */
  self(address: Address): void {
    this.#own.add(address.text)
    if (this.#own.size > this.#options.bans) this.#own.delete(this.#own.keys().next().value!)
    this.#forget(address)
  }

  /**
   * Refuses the endpoint and the peer id from now on; the IP too, in the global scope, when this is its second banned
   * endpoint or no other is known. Connected peers that `refuses` names then are the join's to close.
   */
  ban(address: Address, peerId: Id | undefined): void {
    const home = this.#guests.get(address.text)?.home?.address
    const others = (other: Address) =>
      limitKey(other) === limitKey(address) && other !== address && other !== home
    const alone =
      !this.#all.some((candidate) => others(candidate.address)) &&
      ![...this.#guests.values()].some((guest) => others(guest.address))
    this.#bans.ban(address, peerId, alone)
    this.#forget(address)
    if (home === undefined) return
    this.#bans.alias(home)
    this.#forget(home)
  }

  /** Forgets all candidates, but those that are being dialled or connected. */
  clear(): void {
    for (const { address } of [...this.#all]) this.#forget(address)
  }

  /** Replaces the user's list of refused addresses; see `ban` for those connected. */
  setBlocklist(blocks: (address: Address) => boolean): void {
    this.#bans.setBlocklist(blocks)
  }

  refuses(address: Address, peerId?: Id): boolean {
    return this.#bans.refuses(address, peerId)
  }

  counts(): PoolCounts {
    return {
      candidates: this.#all.length,
      untried: this.#queue.untried,
      dialling: this.#dialling,
      connected: this.#places.taken,
      overflow: this.#overflow,
      banned: this.#bans.size,
    }
  }

  get #mayDial(): boolean {
    return this.#dialling < this.#options.halfOpen && !this.#places.full(this.#dialling)
  }

  #create(address: Address, named: boolean): Candidate {
    const candidate: Candidate = {
      address,
      named,
      seed: false,
      dialling: false,
      connections: 0,
      connectedAt: 0,
      failures: 0,
      place: this.#all.length,
    }
    this.#all.push(candidate)
    this.#byText.set(address.text, candidate)
    return candidate
  }

  #arrive(now: Micros, candidate: Candidate): void {
    candidate.connections += 1
    candidate.connectedAt = now
    this.#queue.remove(candidate)
  }

  #dial(now: Micros, candidate: Candidate): void {
    this.#dials.take(now, 1)
    candidate.dialling = true
    this.#dialling += 1
  }

  #undial(candidate: Candidate): boolean {
    if (!candidate.dialling) return false
    candidate.dialling = false
    this.#dialling -= 1
    return true
  }

  /** Waits `base` seconds, doubled for each failure before, up to half as long again by lot. */
  #retry(now: Micros, candidate: Candidate, base: number, urgent: boolean): void {
    if (this.refuses(candidate.address) || this.#own.has(candidate.address.text)) {
      this.#forget(candidate.address)
      return
    }
    const wait = Math.min(base * 2 ** Math.min(candidate.failures, 30), this.#options.longestBackOff)
    candidate.failures += 1
    const at = now + Math.round(wait * (1 + unit(this.#dice) / 2) * SECOND)
    this.#queue.schedule(candidate, at, urgent)
  }

  /** Makes room: forgets the one with most failures of a few drawn by lot, if it is worse than an untried one. */
  #evict(named: boolean): boolean {
    this.#overflow += 1
    let worst: Candidate | undefined
    for (let i = 0; i < EVICTION_SAMPLE; i++) {
      const drawn = this.#all[below(this.#dice, this.#all.length)]!
      if (drawn.dialling || drawn.connections > 0 || drawn.named) continue
      if (worst === undefined || drawn.failures > worst.failures) worst = drawn
    }
    if (worst === undefined || (worst.failures === 0 && !named)) return false
    this.#forget(worst.address)
    return true
  }

  /** Those being dialled or connected stay until that ends. */
  #forget(address: Address): void {
    const candidate = this.#byText.get(address.text)
    if (candidate === undefined) return
    this.#queue.remove(candidate)
    if (candidate.dialling || candidate.connections > 0) return
    this.#byText.delete(address.text)
    const last = this.#all.pop()!
    if (last === candidate) return
    this.#all[candidate.place] = last
    last.place = candidate.place
  }
}
