import type { Address, Scope } from '../../core/address.ts'
import { limitNumber, SCOPE_RANK, sameAddress, sameLimit } from '../../core/address.ts'
import { readUint32 } from '../../core/bytes.ts'
import { compareDistance, type Id } from '../../core/id.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import type { Contact, Standing } from './contact.ts'
import { FILTER_WORDS, isStranger, noteHost } from './host-filter.ts'
import { tripAfter, tripTime } from './round-trips.ts'

/** Where a contact stands in its book; another may move there when one is taken out. */
export type Slot = number

const FIRST_SLOTS = 8
/** From so many slots on, room grows by as many. */
const STEP = 64
/** Eight for the time, twice four, two and twice one. */
const SLOT_BYTES = 20
/** After so many contacts taken out (`#gone`) the filter of hosts is made anew. */
const MOST_GONE = 64
/** A contact's mark: whether a ping that will settle its standing is under way, */
const PROBED = 0x80
/** the rank of its address's scope, */
const SCOPE = 0x60
const SCOPE_SHIFT = 5
/** whether all that it ever answered may be owed to its having asked us, */
const GUEST = 0x10
/** and the queries in a row that it left unanswered while others answered. */
const FAILURES = 0x0f
/** Turns the order of unsigned words into that of signed ones. */
const SIGN = 0x8000_0000 | 0
/** The /24 of an IPv4 address as a number. */
const SUBNET = 0xffff_ff00 | 0

/**
 * The contacts of one table side by side in arrays: 28 bytes each beside the shared object, where an object of its own and a
 * place in a map by IP took 140. Most looks end at four bytes of the id or at a number that stands for the IP, and those lie in
 * a row, which is what counts when many tables take turns on one processor.
 */
export class ContactBook {
  size = 0
  readonly #goodFor: Micros
  readonly #guestFor: Micros
  readonly #badAfter: number
  readonly #contacts: Contact[] = []
  /** When each was last heard of. One time is enough, since a contact has always answered once. */
  #seen!: Float64Array
  /** Per slot: the first four bytes of the id, then (from the middle on) the number of what a limit per IP counts. */
  #words!: Int32Array
  #marks!: Uint8Array
  #hosts!: Int32Array
  #gone = 0
  /** Slots in the order of their ids' first four bytes. */
  #order!: Uint16Array
  /** What `nearest` asks for, and how many it has found. */
  #since: Micros = 0
  #scope = 0
  #found = 0
  #trips!: Uint8Array

  constructor({ goodFor, badAfter, checkSilence }: DhtOptions) {
    this.#goodFor = goodFor * SECOND
    this.#guestFor = Math.min(goodFor, checkSilence) * SECOND
    this.#badAfter = badAfter
    this.#take(FIRST_SLOTS)
  }

  contact(slot: Slot): Contact {
    return this.#contacts[slot]!
  }

  contacts(): Iterable<Contact> {
    return this.#contacts
  }

  seen(slot: Slot): Micros {
    return this.#seen[slot]!
  }

  see(slot: Slot, now: Micros): void {
    this.#seen[slot] = now
  }

  /** How long its answers take, about; 0 while that is not known. */
  roundTrip(slot: Slot): Micros {
    return tripTime(this.#trips[slot]!)
  }

  /** An answer took so long; 0: nobody knows. */
  setRoundTrip(slot: Slot, time: Micros): void {
    this.#trips[slot] = tripAfter(this.#trips[slot]!, time)
  }

  failures(slot: Slot): number {
    return this.#marks[slot]! & FAILURES
  }

  setFailures(slot: Slot, failures: number): void {
    this.#marks[slot] = (this.#marks[slot]! & ~FAILURES) | Math.min(failures, FAILURES)
  }

  /** Whether nothing shows yet that anybody but us reaches it. */
  isGuest(slot: Slot): boolean {
    return (this.#marks[slot]! & GUEST) !== 0
  }

  setGuest(slot: Slot, isGuest: boolean): void {
    this.#marks[slot] = (this.#marks[slot]! & ~GUEST) | (isGuest ? GUEST : 0)
  }

  isProbed(slot: Slot): boolean {
    return (this.#marks[slot]! & PROBED) !== 0
  }

  setProbed(slot: Slot, isProbed: boolean): void {
    this.#marks[slot] = (this.#marks[slot]! & ~PROBED) | (isProbed ? PROBED : 0)
  }

  isBad(slot: Slot): boolean {
    return (this.#marks[slot]! & FAILURES) >= this.#badAfter
  }

  isGood(now: Micros, slot: Slot): boolean {
    return this.goodUntil(slot) > now && !this.isBad(slot)
  }

  /** When it has to be asked again; a guest as soon as its answer tells something. */
  goodUntil(slot: Slot): Micros {
    return this.#seen[slot]! + (this.isGuest(slot) ? this.#guestFor : this.#goodFor)
  }

  standing(now: Micros, slot: Slot): Standing {
    if (this.isBad(slot)) return 'bad'
    return this.isGood(now, slot) ? 'good' : 'questionable'
  }

  /** Neither good nor bad, and no ping under way that settles which. */
  isQuestionable(now: Micros, slot: Slot): boolean {
    return !this.isProbed(slot) && !this.isBad(slot) && this.goodUntil(slot) <= now
  }

  /** The contact that has the one place of this IP (in the narrower scopes: endpoint); -1 when nobody has. */
  ofHost(address: Address): Slot {
    const words = this.#words
    const wanted = limitNumber(address)
    if (isStranger(this.#hosts, wanted)) return -1
    const middle = words.length >> 1
    const { size } = this
    for (let slot = 0; slot < size; slot++) {
      if (words[middle + slot] === wanted && sameLimit(this.#contacts[slot]!.address, address)) return slot
    }
    return -1
  }

  /** The contact at exactly this endpoint; -1 when there is none. */
  at(address: Address): Slot {
    const slot = this.ofHost(address)
    return slot >= 0 && sameAddress(this.#contacts[slot]!.address, address) ? slot : -1
  }

  /**
   * The next slot below `before` whose contact may stand in the way of a node: same id, or of one subnet in the global scope
   * (the caller looks closer); -1 when there is none.
   */
  rival(before: Slot, id: Id, address: Address): Slot {
    const words = this.#words
    const middle = words.length >> 1
    const head = readUint32(id, 0) | 0
    const host = limitNumber(address)
    // In the narrower scopes a subnet is no limit; of IPv6 the number stands for the /64 anyway.
    const mask = address.family === 4 ? SUBNET : -1
    const isGlobal = address.scope === 'global'
    for (let slot = before - 1; slot >= 0; slot--) {
      if (words[slot] === head || (isGlobal && ((words[middle + slot]! ^ host) & mask) === 0)) return slot
    }
    return -1
  }

  /** How many leading bits the contact's id shares with one that begins with `head`, at most 32. */
  shared(slot: Slot, head: number): number {
    return Math.clz32(this.#words[slot]! ^ head)
  }

  add(contact: Contact, seen: Micros, took: Micros): void {
    const slot = this.size
    if (slot === this.#seen.length) this.#resize(slot < STEP ? 2 * slot : slot + STEP)
    this.#contacts.push(contact)
    this.#seen[slot] = seen
    this.#words[slot] = readUint32(contact.id, 0)
    this.#words[(this.#words.length >> 1) + slot] = limitNumber(contact.address)
    this.#marks[slot] = SCOPE_RANK[contact.address.scope] << SCOPE_SHIFT
    noteHost(this.#hosts, this.#hostOf(slot))
    let place = this.size
    while (place > 0 && this.#words[this.#order[place - 1]!]! >>> 0 > this.#words[slot]! >>> 0) place -= 1
    this.#order.copyWithin(place + 1, place, this.size)
    this.#order[place] = slot
    this.#trips[slot] = tripAfter(0, took)
    this.size += 1
  }

  /** The last contact moves to where this one was. */
  remove(slot: Slot): void {
    const last = this.size - 1
    const place = this.#order.indexOf(slot)
    this.#order.copyWithin(place, place + 1, this.size)
    if (slot !== last) this.#order[this.#order.lastIndexOf(last, last - 1)] = slot
    const middle = this.#words.length >> 1
    this.#contacts[slot] = this.#contacts[last]!
    this.#seen[slot] = this.#seen[last]!
    this.#words[slot] = this.#words[last]!
    this.#words[middle + slot] = this.#words[middle + last]!
    this.#marks[slot] = this.#marks[last]!
    this.#trips[slot] = this.#trips[last]!
    this.#contacts.pop()
    this.size = last
    if (++this.#gone > MOST_GONE) this.#noteHosts()
  }

  /**
   * The at most `count` contacts nearest to `target`, nearest first, of those that are not bad, were seen after `since`, and
   * whose scope is no narrower than `narrowest`.
   */
  nearest(target: Id, count: number, since: Micros, narrowest: Scope): Contact[] {
    this.#found = 0
    this.#since = since
    this.#scope = SCOPE_RANK[narrowest] << SCOPE_SHIFT
    this.#gather(target, readUint32(target, 0), count, 0, this.size, 0)
    const contacts: Contact[] = []
    for (let i = 0; i < this.#found; i++) contacts.push(this.#contacts[RANKED[i]!]!)
    return contacts
  }

  /**
   * Ranks those at `[from, to)` in the order of ids, which share their first `bits` bits: first the half that shares one more with
   * the target, and the other only if that is too few. So a look takes in some twenty contacts, however many there are.
   */
  #gather(target: Id, head: number, count: number, from: number, to: number, bits: number): void {
    if (to - from <= count || bits === 32) {
      this.#rank(target, head, count, from, to)
      return
    }
    const words = this.#words
    const order = this.#order
    const mask = SIGN >>> bits
    let [low, high] = [from, to]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((words[order[middle]!]! & mask) === 0) low = middle + 1
      else high = middle
    }
    const isUpper = (head & mask) !== 0
    if (isUpper) this.#gather(target, head, count, low, to, bits + 1)
    else this.#gather(target, head, count, from, low, bits + 1)
    if (this.#found >= count) return
    if (isUpper) this.#gather(target, head, count, from, low, bits + 1)
    else this.#gather(target, head, count, low, to, bits + 1)
  }

  /** Puts those at `[from, to)` behind what was found before, which is nearer. */
  #rank(target: Id, head: number, count: number, from: number, to: number): void {
    const first = this.#found
    let found = first
    for (let i = from; i < to; i++) {
      const slot = this.#order[i]!
      const mark = this.#marks[slot]!
      if ((mark & SCOPE) < this.#scope || (mark & FAILURES) >= this.#badAfter) continue
      if (this.#seen[slot]! <= this.#since) continue
      const distance = this.#words[slot]! ^ head ^ SIGN
      let place = found
      while (place > first && this.#isNearer(target, slot, distance, place - 1)) {
        RANKED[place] = RANKED[place - 1]!
        DISTANCES[place] = DISTANCES[place - 1]!
        place -= 1
      }
      RANKED[place] = slot
      DISTANCES[place] = distance
      found += 1
    }
    this.#found = Math.min(found, count)
  }

  #isNearer(target: Id, slot: Slot, distance: number, place: number): boolean {
    const other = DISTANCES[place]!
    if (distance !== other) return distance < other
    return compareDistance(target, this.#contacts[slot]!.id, this.#contacts[RANKED[place]!]!.id) < 0
  }

  #resize(slots: number): void {
    const [seen, words] = [this.#seen, this.#words]
    const small = [this.#marks, this.#order, this.#trips] as const
    this.#take(slots)
    this.#seen.set(seen)
    this.#words.set(words.subarray(0, seen.length))
    this.#words.set(words.subarray(seen.length), slots)
    this.#marks.set(small[0])
    this.#order.set(small[1])
    this.#trips.set(small[2])
    this.#noteHosts()
  }

  /** One piece of memory, so that it is one place to go to. */
  #take(slots: number): void {
    const room = new ArrayBuffer(slots * SLOT_BYTES + 4 * FILTER_WORDS)
    this.#seen = new Float64Array(room, 0, slots)
    this.#words = new Int32Array(room, slots * 8, 2 * slots)
    this.#hosts = new Int32Array(room, slots * 16, FILTER_WORDS)
    this.#order = new Uint16Array(room, slots * 16 + 4 * FILTER_WORDS, slots)
    this.#marks = new Uint8Array(room, slots * 18 + 4 * FILTER_WORDS, slots)
    this.#trips = new Uint8Array(room, slots * 19 + 4 * FILTER_WORDS, slots)
  }

  #noteHosts(): void {
    this.#gone = 0
    this.#hosts.fill(0)
    for (let slot = 0; slot < this.size; slot++) noteHost(this.#hosts, this.#hostOf(slot))
  }

  #hostOf(slot: Slot): number {
    return this.#words[(this.#words.length >> 1) + slot]!
  }
}

/** What `nearest` ranks in: slots, and the first four bytes of their distances. */
const RANKED: Slot[] = []
const DISTANCES: number[] = []
