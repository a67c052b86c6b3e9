/**
 * The routing table (BEP 5, "Routing Table") over the tree of `k-bucket`, whose only importer this is. The package keeps the
 * tree; standing, replacements, limits per address, refresh times and an exact look for the nearest are ours.
 */
import KBucket, { type BucketNode } from 'k-bucket'
import { type Address, limitKey, mayName, sameAddress, sameSubnet } from '../core/address.ts'
import { copyBytes, equalBytes } from '../core/bytes.ts'
import { compareDistance, ID_LENGTH, type Id } from '../core/id.ts'
import { type Micros, NEVER, SECOND } from '../core/time.ts'
import { Contact, type Standing } from './contact.ts'
import type { DhtOptions } from './options.ts'

/** What became of a node that answered: it is (now) a contact, it waits for a place, or there is none for it. */
export type Admission = 'known' | 'added' | 'spare' | 'refused'

/** The ids of a bucket: those that share the first `bits` bits with `prefix`. */
export interface BucketRange {
  readonly prefix: Id
  readonly bits: number
}

/** A bucket. The last two stand on the tree's own leaf: a map beside it would cost a fifth of the heap. */
interface Leaf extends BucketNode<Contact> {
  /** When a contact was last added, replaced, or heard to answer. */
  changed?: Micros
  /** Nodes that answered and found no place, oldest first. */
  spares?: Contact[]
}

const RECOUNT: Micros = SECOND

export class RoutingTable {
  readonly #ownId: Id
  readonly #options: DhtOptions
  readonly #tree: Tree
  readonly #keep: (id: Id) => Id
  /** One contact per IP in the global scope, per endpoint in the others. */
  readonly #hosts = new Map<string, Contact>()
  readonly #goodFor: Micros
  #good = 0
  #countedAt: Micros = Number.NEGATIVE_INFINITY

  /** `keep` gives the array that is kept for an id: a copy, or one that several tables share. */
  constructor(now: Micros, ownId: Id, options: DhtOptions, keep: (id: Id) => Id = copyBytes) {
    this.#ownId = ownId
    this.#options = options
    this.#keep = keep
    this.#goodFor = options.goodFor * SECOND
    this.#tree = new Tree(ownId, options)
    leafOf(this.#tree.root).changed = now
  }

  get size(): number {
    return this.#hosts.size
  }

  contacts(): Iterable<Contact> {
    return this.#hosts.values()
  }

  standing(now: Micros, contact: Contact): Standing {
    if (contact.failures >= this.#options.badAfter) return 'bad'
    return now - contact.lastSeen < this.#goodFor ? 'good' : 'questionable'
  }

  /** How many contacts are good; at most a second old. */
  good(now: Micros): number {
    if (now - this.#countedAt < RECOUNT) return this.#good
    this.#countedAt = now
    this.#good = this.census(now)
    return this.#good
  }

  /** `good`, counted anew: to be looked at from outside without a trace. */
  census(now: Micros): number {
    let good = 0
    for (const contact of this.#hosts.values()) if (this.standing(now, contact) === 'good') good += 1
    return good
  }

  /** The contact at exactly this endpoint. */
  at(address: Address): Contact | undefined {
    const contact = this.#hosts.get(limitKey(address))
    return contact !== undefined && sameAddress(contact.address, address) ? contact : undefined
  }

  /** The node `id` at `address` has answered a query of ours. */
  answered(now: Micros, id: Id, address: Address): Admission {
    const host = this.#hosts.get(limitKey(address))
    if (host !== undefined && sameAddress(host.address, address) && equalBytes(host.id, id)) {
      this.#refresh(now, host)
      host.failures = 0
      this.#leaf(id).changed = now
      return 'known'
    }
    if (!this.#clear(now, id, address)) return 'refused'
    const leaf = this.#leaf(id)
    if (this.#isFull(leaf)) {
      const bad = leaf.contacts!.find((contact) => this.standing(now, contact) === 'bad')
      if (bad === undefined) {
        this.#addSpare(leaf, new Contact(this.#keep(id), address, now))
        return 'spare'
      }
      this.#drop(bad)
    }
    this.#insert(now, new Contact(this.#keep(id), address, now))
    return 'added'
  }

  /** A query came from `id` at `address`; false when that is no contact. */
  queried(now: Micros, id: Id, address: Address): boolean {
    const contact = this.at(address)
    if (contact === undefined || !equalBytes(contact.id, id)) return false
    this.#refresh(now, contact)
    return true
  }

  /** The contact left a query unanswered. A bad one gives its place to a replacement; after two more it goes without. */
  failed(now: Micros, contact: Contact): void {
    if (this.at(contact.address) !== contact) return
    contact.failures += 1
    this.#countedAt = Number.NEGATIVE_INFINITY
    if (contact.failures < this.#options.badAfter) return
    const hasSpare = this.#leaf(contact.id).spares !== undefined
    if (hasSpare || contact.failures >= this.#options.badAfter + 2) this.remove(now, contact)
  }

  /** Takes the contact out and puts the newest replacement in its place. */
  remove(now: Micros, contact: Contact): void {
    const leaf = this.#leaf(contact.id)
    this.#drop(contact)
    for (let spare = leaf.spares?.pop(); spare !== undefined; spare = leaf.spares?.pop()) {
      if (leaf.spares?.length === 0) delete leaf.spares
      if (this.#clear(now, spare.id, spare.address)) {
        this.#insert(now, spare)
        return
      }
    }
  }

  /** Whether a node that answers would find a place or wait for one that may soon be free. */
  wants(now: Micros, id: Id, address: Address): boolean {
    const host = this.#hosts.get(limitKey(address))
    if (host !== undefined && !sameAddress(host.address, address) && this.standing(now, host) !== 'bad')
      return false
    const leaf = this.#leaf(id)
    return !this.#isFull(leaf) || leaf.contacts!.some((contact) => this.standing(now, contact) !== 'good')
  }

  /** The questionable contact, not being probed, that was seen least recently in the bucket of `id` (BEP 5). */
  doubtful(now: Micros, id: Id): Contact | undefined {
    let least: Contact | undefined
    for (const contact of this.#leaf(id).contacts!) {
      if (contact.probed || this.standing(now, contact) !== 'questionable') continue
      if (least === undefined || contact.lastSeen < least.lastSeen) least = contact
    }
    return least
  }

  /** The `count` contacts nearest to `target`, bad ones left out, nearest first. */
  nearest(now: Micros, target: Id, count: number): Contact[] {
    const found: Contact[] = []
    this.#collect(this.#tree.root, 0, target, count, now, undefined, found)
    return found
  }

  /** What a find_node is answered with: the nearest good contacts that may be named to `asker`. */
  nearestGood(now: Micros, target: Id, asker: Address): Contact[] {
    const found: Contact[] = []
    this.#collect(this.#tree.root, 0, target, this.#options.bucketSize, now, asker, found)
    return found
  }

  /** The ranges of the buckets that have not changed since `before`, the farthest first. */
  stale(before: Micros): BucketRange[] {
    const ranges: BucketRange[] = []
    this.#eachLeaf((leaf, prefix, bits) => {
      if (leaf.changed! <= before) ranges.push({ prefix: copyBytes(prefix), bits })
    })
    return ranges.sort((a, b) => a.bits - b.bits)
  }

  /** The bucket of `id` is being refreshed: it counts as changed. */
  refreshing(now: Micros, id: Id): void {
    this.#leaf(id).changed = now
  }

  /** When the first bucket falls due for a refresh. */
  nextRefresh(): Micros {
    let earliest = NEVER
    this.#eachLeaf((leaf) => {
      earliest = Math.min(earliest, leaf.changed!)
    })
    return earliest + this.#options.refreshAfter * SECOND
  }

  #refresh(now: Micros, contact: Contact): void {
    if (this.standing(now, contact) !== 'good') this.#countedAt = Number.NEGATIVE_INFINITY
    contact.lastSeen = now
  }

  #leaf(id: Id): Leaf {
    return this.#tree.leaf(id)
  }

  #isFull(leaf: Leaf): boolean {
    return leaf.dontSplit && leaf.contacts!.length >= this.#tree.numberOfNodesPerKBucket
  }

  /**
   * Makes way for `id` at `address` where something stands in it that is worth less: what was at the endpoint before, and
   * bad or (for the same id) doubtful contacts. False when the id, the IP or, within the bucket, the subnet is taken.
   */
  #clear(now: Micros, id: Id, address: Address): boolean {
    if (equalBytes(id, this.#ownId)) return false
    const host = this.#hosts.get(limitKey(address))
    if (host !== undefined) {
      if (!sameAddress(host.address, address) && this.standing(now, host) !== 'bad') return false
      this.#drop(host)
    }
    const contacts = this.#leaf(id).contacts!
    for (let i = contacts.length - 1; i >= 0; i--) {
      const contact = contacts[i]!
      const isSame = equalBytes(contact.id, id)
      if (!isSame && !sameSubnet(contact.address, address)) continue
      const standing = this.standing(now, contact)
      if (isSame ? standing === 'good' : standing !== 'bad') return false
      this.#drop(contact)
    }
    return true
  }

  #insert(now: Micros, contact: Contact): void {
    const leaf = this.#leaf(contact.id)
    const before = leaf.changed!
    this.#tree.add(contact)
    this.#hosts.set(limitKey(contact.address), contact)
    this.#countedAt = Number.NEGATIVE_INFINITY
    if (leaf.contacts === null) inherit(leaf, before)
    this.#leaf(contact.id).changed = now
  }

  #drop(contact: Contact): void {
    this.#tree.remove(contact.id)
    this.#hosts.delete(limitKey(contact.address))
    this.#countedAt = Number.NEGATIVE_INFINITY
  }

  #addSpare(leaf: Leaf, spare: Contact): void {
    const spares = (leaf.spares ?? []).filter(
      (other) => !equalBytes(other.id, spare.id) && limitKey(other.address) !== limitKey(spare.address),
    )
    spares.push(spare)
    if (spares.length > this.#options.spares) spares.shift()
    if (spares.length > 0) leaf.spares = spares
  }

  /** `prefix` is lent. */
  #eachLeaf(visit: (leaf: Leaf, prefix: Id, bits: number) => void): void {
    const prefix = new Uint8Array(ID_LENGTH)
    const walk = (node: BucketNode<Contact>, bits: number): void => {
      if (node.contacts !== null) {
        visit(leafOf(node), prefix, bits)
        return
      }
      const mask = 0x80 >> (bits & 7)
      walk(node.left!, bits + 1)
      prefix[bits >> 3]! |= mask
      walk(node.right!, bits + 1)
      prefix[bits >> 3]! &= ~mask
    }
    walk(this.#tree.root, 0)
  }

  /** The nearer half of a subtree is nearer as a whole, so the walk ends as soon as there are enough. */
  #collect(
    node: BucketNode<Contact>,
    depth: number,
    target: Id,
    count: number,
    now: Micros,
    asker: Address | undefined,
    found: Contact[],
  ): void {
    if (node.contacts === null) {
      const right = bitOf(target, depth)
      this.#collect(right ? node.right! : node.left!, depth + 1, target, count, now, asker, found)
      if (found.length < count) {
        this.#collect(right ? node.left! : node.right!, depth + 1, target, count, now, asker, found)
      }
      return
    }
    for (const contact of node.contacts) {
      const standing = this.standing(now, contact)
      if (asker === undefined ? standing === 'bad' : standing !== 'good' || !mayName(asker, contact.address))
        continue
      let place = found.length
      while (place > 0 && compareDistance(target, contact.id, found[place - 1]!.id) < 0) place -= 1
      if (place >= count) continue
      if (found.length < count) found.push(contact)
      for (let i = found.length - 1; i > place; i--) found[i] = found[i - 1]!
      found[place] = contact
    }
  }
}

/** Buckets whose size depends on their depth: the package reads its one size anew at each addition. */
class Tree extends KBucket<Contact> {
  readonly #options: DhtOptions

  constructor(ownId: Id, options: DhtOptions) {
    super({
      localNodeId: ownId,
      numberOfNodesPerKBucket: options.bucketSize,
      // Who stands where is settled before anything is added; the package's own arbiter lets anyone replace an address.
      arbiter: (incumbent) => incumbent,
    })
    this.#options = options
  }

  /** The bucket of `id`; `numberOfNodesPerKBucket` is its size from here on. */
  leaf(id: Id): Leaf {
    let node = this.root
    let depth = 0
    for (; node.contacts === null; depth++) node = bitOf(id, depth) ? node.right! : node.left!
    this.numberOfNodesPerKBucket = this.#options.wideBuckets[depth - 1] ?? this.#options.bucketSize
    return leafOf(node)
  }

  override add(contact: Contact): this {
    this.leaf(contact.id)
    return super.add(contact)
  }
}

function leafOf(node: BucketNode<Contact>): Leaf {
  return node
}

/** The buckets that came of a split are as old as the one that was split. */
function inherit(node: BucketNode<Contact>, changed: Micros): void {
  if (node.contacts === null) {
    inherit(node.left!, changed)
    inherit(node.right!, changed)
  } else leafOf(node).changed ??= changed
}

function bitOf(id: Id, depth: number): boolean {
  return (id[depth >> 3]! & (0x80 >> (depth & 7))) !== 0
}
