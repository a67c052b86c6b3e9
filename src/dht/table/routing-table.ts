/**
 * The routing table (BEP 5, "Routing Table") over the tree of `k-bucket` (`bucket-tree`). The package keeps the
 * tree; standing, replacements, limits per address, refresh times and an exact look for the nearest are ours.
 */

import { sharedNode } from '../../codec/shared-nodes.ts'
import { type Address, sameAddress, sameSubnet } from '../../core/address.ts'
import { equalBytes, readUint32 } from '../../core/bytes.ts'
import { commonPrefix, type Id } from '../../core/id.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import type { BucketRange } from './bucket-times.ts'
import { Buckets } from './buckets.ts'
import type { Contact, Standing } from './contact.ts'
import { ContactBook, type Slot } from './contact-book.ts'
import { mostDoubtful, slowest } from './losers.ts'
import * as roll from './roll-call.ts'
import { Spares } from './spares.ts'

export type Lost = (now: Micros, contact: Contact) => void

/** What became of a node that answered: it is (now) a contact, it waits for a place, or there is none for it. */
export type Admission = 'known' | 'added' | 'spare' | 'refused'

export class RoutingTable {
  #ownId: Id
  #ownHead: number
  readonly #options: DhtOptions
  #buckets: Buckets
  #book: ContactBook
  #spares: Spares
  #plentyUntil: Micros = 0
  readonly #lost: Lost

  /** `lost` is told of each contact that gives up its place for not answering. */
  constructor(now: Micros, ownId: Id, options: DhtOptions, lost: Lost = () => {}) {
    this.#lost = lost
    this.#ownId = ownId
    this.#ownHead = readUint32(ownId, 0)
    this.#options = options
    this.#book = new ContactBook(options)
    this.#buckets = new Buckets(now, ownId, options)
    this.#spares = new Spares(options.spares)
  }

  get size(): number {
    return this.#book.size
  }

  /** In no order that lasts; the table must not change meanwhile. */
  contacts(): Iterable<Contact> {
    return this.#book.contacts()
  }

  /** Of one that is no contact any more: bad. */
  standing(now: Micros, contact: Contact): Standing {
    const slot = this.#slot(contact)
    return slot < 0 ? 'bad' : this.#book.standing(now, slot)
  }

  /** Queries in a row that it left unanswered while others answered. */
  failures(contact: Contact): number {
    const slot = this.#slot(contact)
    return slot < 0 ? 0 : this.#book.failures(slot)
  }

  /** A ping that will settle its standing is under way, or is over. */
  probing(contact: Contact, isProbed: boolean): void {
    const slot = this.#slot(contact)
    if (slot >= 0) this.#book.setProbed(slot, isProbed)
  }

  /** Whether guests are of use. Once they are not, that stands for a second: a flood asks for each datagram. */
  needsGuests(now: Micros): boolean {
    if (now < this.#plentyUntil) return false
    const { smallTable } = this.#options
    const isPlenty = roll.countReachable(this.#book, now, smallTable) >= smallTable
    if (isPlenty) this.#plentyUntil = now + SECOND
    return !isPlenty
  }

  /** How many contacts are good; counting ends at `enough`. */
  good(now: Micros, enough: number = NEVER): number {
    return roll.countGood(this.#book, now, enough)
  }

  /** How long the answers of the contact at exactly this endpoint take; 0 where nobody knows. */
  roundTripOf(address: Address): Micros {
    const slot = this.#book.at(address)
    return slot < 0 ? 0 : this.#book.roundTrip(slot)
  }

  /** The contact at exactly this endpoint. */
  at(address: Address): Contact | undefined {
    const slot = this.#book.at(address)
    return slot < 0 ? undefined : this.#book.contact(slot)
  }

  /**
   * The node `id` at `address` has answered a query of ours, and `took` so long; 0: not known. `isGuest`: perhaps only because it
   * asked us lately. A guest takes no place from anybody and is one until it has answered after a silence.
   */
  answered(now: Micros, id: Id, address: Address, took: Micros = 0, isGuest = false): Admission {
    const slot = this.#book.at(address)
    if (slot >= 0 && equalBytes(this.#book.contact(slot).id, id)) {
      if (now >= this.#book.goodUntil(slot)) this.#book.setGuest(slot, false)
      this.#book.see(slot, now)
      this.#book.setFailures(slot, 0)
      this.#book.setRoundTrip(slot, took)
      this.#buckets.changed(now, id)
      return 'known'
    }
    if (!this.#clear(now, id, address)) return 'refused'
    const leaf = this.#buckets.of(id)
    const contact = sharedNode(id, address)
    if (this.#buckets.isFull(leaf)) {
      if (isGuest) return 'refused'
      const bad = this.#first(leaf, (other) => this.#book.isBad(other) || this.#book.isGuest(other))
      const loser =
        bad < 0 ? slowest(this.#book, this.#all(leaf), contact, took * this.#options.swifterBy) : bad
      if (loser < 0) {
        this.#spares.add(leaf, { contact, seen: now })
        return 'spare'
      }
      if (bad < 0) this.#bench(leaf, loser)
      else {
        if (this.#book.isBad(bad)) this.#lost(now, this.#book.contact(bad))
        this.#drop(bad)
      }
    }
    this.#insert(now, contact, now, took, isGuest)
    // A split may have left it without a place.
    return this.#book.at(address) < 0 ? 'spare' : 'added'
  }

  /** Takes over a contact that was good at `seen`, if there is a place. `isAlone`: it shares neither id nor subnet with any. */
  adopt(now: Micros, contact: Contact, seen: Micros, took: Micros, isAlone: boolean): void {
    if (!isAlone && !this.#clear(now, contact.id, contact.address)) return
    if (!this.#buckets.isFull(this.#buckets.of(contact.id))) this.#insert(now, contact, seen, took)
  }

  /** Our id is another one now: contacts find their places anew, those first that were heard of last, or wait for one. */
  rename(now: Micros, ownId: Id): void {
    const book = this.#book
    this.#ownId = ownId
    this.#ownHead = readUint32(ownId, 0)
    this.#book = new ContactBook(this.#options)
    this.#buckets = new Buckets(now, ownId, this.#options)
    this.#spares = new Spares(this.#options.spares)
    const slots = Array.from({ length: book.size }, (_, slot) => slot)
    for (const slot of slots.sort((a, b) => book.seen(b) - book.seen(a))) {
      const contact = book.contact(slot)
      const seen = book.seen(slot)
      if (!this.#clear(now, contact.id, contact.address)) continue
      const leaf = this.#buckets.of(contact.id)
      const isGuest = book.isGuest(slot)
      if (!this.#buckets.isFull(leaf)) this.#insert(now, contact, seen, book.roundTrip(slot), isGuest)
      else if (!isGuest) this.#spares.add(leaf, { contact, seen })
      const place = this.#slot(contact)
      if (place >= 0) this.#book.setFailures(place, book.failures(slot))
    }
  }

  /** A query came from `id` at `address`; false when that is no contact, or a guest that is needed no more. */
  queried(now: Micros, id: Id, address: Address): boolean {
    const slot = this.#book.at(address)
    if (slot < 0 || !equalBytes(this.#book.contact(slot).id, id)) return false
    if (this.#book.isGuest(slot) && !this.needsGuests(now)) {
      this.remove(now, this.#book.contact(slot))
      return false
    }
    this.#book.see(slot, now)
    return true
  }

  /** The contact left a query unanswered. A bad one gives its place to a replacement; after two more it goes without. */
  failed(now: Micros, contact: Contact): void {
    const slot = this.#slot(contact)
    if (slot < 0) return
    const failures = this.#book.failures(slot) + 1
    this.#book.setFailures(slot, failures)
    if (failures < this.#options.badAfter) return
    const hasSpare = this.#spares.has(this.#buckets.of(contact.id))
    if (!hasSpare && failures < this.#options.badAfter + 2) return
    this.#lost(now, contact)
    this.remove(now, contact)
  }

  /** Takes the contact out and puts the newest replacement in its place. */
  remove(now: Micros, contact: Contact): void {
    const slot = this.#slot(contact)
    if (slot < 0) return
    const leaf = this.#buckets.of(contact.id)
    this.#drop(slot)
    for (let spare = this.#spares.take(leaf); spare !== undefined; spare = this.#spares.take(leaf)) {
      if (this.#clear(now, spare.contact.id, spare.contact.address)) {
        this.#insert(now, spare.contact, spare.seen)
        return
      }
    }
  }

  /** Whether a node that answers would find a place or wait for one that may soon be free. */
  wants(now: Micros, id: Id, address: Address): boolean {
    const leaf = this.#buckets.of(id)
    const hasRoom = (): boolean => this.#first(leaf, (slot) => !this.#book.isGood(now, slot)) >= 0
    if (this.#buckets.isClosed(leaf, now, hasRoom)) return false
    const host = this.#book.ofHost(address)
    return host < 0 || sameAddress(this.#book.contact(host).address, address) || this.#book.isBad(host)
  }

  /**
   * The questionable contact, not being probed, that was seen least recently in the bucket of `id` (BEP 5), of those whose id
   * does not fit their IP if there are any (BEP 42).
   */
  doubtful(now: Micros, id: Id): Contact | undefined {
    const found = mostDoubtful(this.#book, now, this.#all(this.#buckets.of(id)))
    return found < 0 ? undefined : this.#book.contact(found)
  }

  /** Contacts that are not good and not being probed, the least recently seen first. */
  doubtfuls(now: Micros): Contact[] {
    return roll.doubtfuls(this.#book, now)
  }

  /** When the first contact becomes doubtful, or did. */
  nextDoubtful(): Micros {
    return roll.nextDoubtful(this.#book)
  }

  /** The contact, not a bad one, that was seen least recently. */
  longestSilent(): Contact | undefined {
    return roll.longestSilent(this.#book)
  }

  /** Contacts that others reach: guests are left out. */
  reachable(): Contact[] {
    return [...this.#book.contacts()].filter((_, slot) => !this.#book.isGuest(slot))
  }

  /** Good contacts, the most recently seen first. */
  latest(now: Micros): Contact[] {
    return roll.latest(this.#book, now)
  }

  /** All but bad contacts, the most recently seen first: whom it is worth while to ask after a silence of whatever length. */
  lasting(): Contact[] {
    return roll.lasting(this.#book)
  }

  /** The `count` contacts nearest to `target`, bad ones left out, nearest first. */
  nearest(target: Id, count: number): Contact[] {
    return this.#book.nearest(target, count, Number.NEGATIVE_INFINITY, 'loopback')
  }

  /** What a find_node is answered with: the nearest good contacts that may be named to `asker`. */
  nearestGood(now: Micros, target: Id, asker: Address): Contact[] {
    const { bucketSize, goodFor } = this.#options
    return this.#book.nearest(target, bucketSize, now - goodFor * SECOND, asker.scope)
  }

  /** The ranges of the buckets that have not changed since `before`, the farthest first. */
  stale(before: Micros): BucketRange[] {
    return this.#buckets.stale(before)
  }

  /** The bucket of `id` is being refreshed: it counts as changed. */
  refreshing(now: Micros, id: Id): void {
    this.#buckets.changed(now, id)
  }

  /** When the first bucket falls due for a refresh. */
  nextRefresh(): Micros {
    return this.#buckets.earliest + this.#options.refreshAfter * SECOND
  }

  #slot(contact: Contact): Slot {
    const slot = this.#book.at(contact.address)
    return slot >= 0 && equalBytes(this.#book.contact(slot).id, contact.id) ? slot : -1
  }

  /** The first contact of a bucket for which `test` holds, -1 when there is none. */
  #first(leaf: number, test: (slot: Slot) => boolean): Slot {
    const { last } = this.#buckets
    for (let slot = 0; slot < this.#book.size; slot++) {
      let shared = this.#book.shared(slot, this.#ownHead)
      // Only the ids' first words were compared.
      if (shared === 32) shared = commonPrefix(this.#ownId, this.#book.contact(slot).id)
      if ((shared < last ? shared : last) === leaf && test(slot)) return slot
    }
    return -1
  }

  /** The contacts of a bucket. */
  #all(leaf: number): Slot[] {
    const slots: Slot[] = []
    this.#first(leaf, (slot) => slots.push(slot) < 0)
    return slots
  }

  /**
   * Makes way for `id` at `address` where something stands in it that is worth less: what was at the endpoint before, and bad or (for the
   * same id) doubtful contacts. False when the id, the IP or, within the bucket, the subnet is taken, or the subnet's share of the table.
   */
  #clear(now: Micros, id: Id, address: Address): boolean {
    if (equalBytes(id, this.#ownId)) return false
    const host = this.#book.ofHost(address)
    if (host >= 0) {
      if (!sameAddress(this.#book.contact(host).address, address) && !this.#book.isBad(host)) return false
      this.#drop(host)
    }
    const leaf = this.#buckets.of(id)
    let neighbours = 0
    let slot = this.#book.rival(this.#book.size, id, address)
    for (; slot >= 0; slot = this.#book.rival(slot, id, address)) {
      const contact = this.#book.contact(slot)
      const isSame = equalBytes(contact.id, id)
      if (!isSame) {
        if (!sameSubnet(contact.address, address)) continue
        if (this.#buckets.of(contact.id) !== leaf) {
          if (!this.#book.isBad(slot) && ++neighbours >= this.#options.tablePerSubnet) return false
          continue
        }
      }
      if (isSame ? this.#book.isGood(now, slot) : !this.#book.isBad(slot)) return false
      this.#drop(slot)
    }
    return true
  }

  #insert(now: Micros, contact: Contact, seen: Micros, took: Micros = 0, isGuest = false): void {
    this.#book.add(contact, seen, took)
    this.#book.setGuest(this.#book.size - 1, isGuest)
    this.#buckets.add(now, contact, (leaf, other) => this.#bench(leaf, this.#slot(other)))
  }

  /** The contact gives up its place and waits for one, unless it is a guest. */
  #bench(leaf: number, slot: Slot): void {
    if (!this.#book.isGuest(slot))
      this.#spares.add(leaf, { contact: this.#book.contact(slot), seen: this.#book.seen(slot) })
    this.#drop(slot)
  }

  #drop(slot: Slot): void {
    this.#buckets.remove(this.#book.contact(slot))
    this.#book.remove(slot)
  }
}
