import { commonPrefix, type Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import { type BucketRange, BucketTimes } from './bucket-times.ts'
import { BucketTree, type Leaf, sizeAt } from './bucket-tree.ts'
import type { Contact } from './contact.ts'

/** The buckets of a table around our id: which is whose, how full they are, and when they last changed. */
export class Buckets {
  readonly #ownId: Id
  readonly #options: DhtOptions
  readonly #tree: BucketTree
  /**
   * The tree splits only around our id, so its leaves lie along one path: the n-th holds the ids that share exactly n bits with
   * ours, the last one all that share more.
   */
  readonly #leaves: Leaf[]
  readonly #times: BucketTimes

  constructor(now: Micros, ownId: Id, options: DhtOptions) {
    this.#ownId = ownId
    this.#options = options
    this.#tree = new BucketTree(ownId, options)
    this.#leaves = [this.#tree.root]
    this.#times = new BucketTimes(now, ownId)
  }

  /** The number of the bucket that we are in ourselves. */
  get last(): number {
    return this.#leaves.length - 1
  }

  of(id: Id): number {
    return Math.min(commonPrefix(this.#ownId, id), this.last)
  }

  isFull(bucket: number): boolean {
    return bucket < this.last && this.#leaves[bucket]!.contacts!.length >= sizeAt(bucket + 1, this.#options)
  }

  /** Whether it is full and no place of it may soon be free; `hasRoom` looks whether one may. */
  isClosed(bucket: number, now: Micros, hasRoom: () => boolean): boolean {
    return this.isFull(bucket) && this.#times.isFull(bucket, now, hasRoom)
  }

  /** Adds one that has a place; `surplus` is told of those whose place a split has taken: they must be removed. */
  add(now: Micros, contact: Contact, surplus: (bucket: number, contact: Contact) => void): void {
    const first = this.last
    this.#tree.add(contact)
    this.#unfold()
    for (let bucket = first; bucket < this.last; bucket++) this.#narrow(bucket, surplus)
    this.changed(now, contact.id)
  }

  remove({ id }: Contact): void {
    this.#tree.remove(id)
  }

  /** Something has happened in the bucket of `id`. */
  changed(now: Micros, id: Id): void {
    this.#times.set(this.of(id), now)
  }

  /** The ranges of those that have not changed since `before`, the farthest first. */
  stale(before: Micros): BucketRange[] {
    return this.#times.stale(before)
  }

  /** When the one changed that has not for the longest time. */
  get earliest(): Micros {
    return this.#times.earliest
  }

  /** Takes note of splits: the buckets that came of one are as old as the one that was split. */
  #unfold(): void {
    for (let last = this.last; ; ) {
      const { contacts, left, right } = this.#leaves[last]!
      if (contacts === null) {
        this.#leaves[last] = left!.dontSplit ? left! : right!
        this.#leaves.push(left!.dontSplit ? right! : left!)
        this.#times.split()
        last += 1
      } else if (contacts.length > sizeAt(last, this.#options)) {
        // The package splits until the newcomer has its place, and only when something is added.
        const contact = contacts.at(-1)!
        this.#tree.remove(contact.id).add(contact)
      } else break
    }
  }

  /** The far half of a wide bucket may come out of a split with more than it may hold: the newest go. */
  #narrow(bucket: number, surplus: (bucket: number, contact: Contact) => void): void {
    const { contacts } = this.#leaves[bucket]!
    while (contacts!.length > sizeAt(bucket + 1, this.#options)) surplus(bucket, contacts!.at(-1)!)
  }
}
