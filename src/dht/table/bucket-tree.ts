import KBucket, { type BucketNode } from 'k-bucket'
import type { Id } from '../../core/id.ts'
import type { DhtOptions } from '../options.ts'
import type { Contact } from './contact.ts'

/** A bucket, or before the walk gets to one, a place in the tree above it. */
export type Leaf = BucketNode<Contact>

/** Buckets whose size depends on their depth: the package reads its one size anew at each addition. */
export class BucketTree extends KBucket<Contact> {
  readonly #options: DhtOptions

  constructor(ownId: Id, options: DhtOptions) {
    super({ localNodeId: ownId, numberOfNodesPerKBucket: options.bucketSize, arbiter: keepIncumbent })
    this.#options = options
  }

  override add(contact: Contact): this {
    let node = this.root
    let depth = 0
    for (; node.contacts === null; depth++) node = bitOf(contact.id, depth) ? node.right! : node.left!
    this.numberOfNodesPerKBucket = sizeAt(depth, this.#options)
    // The package would leave out what falls into a far half that a split has just filled: that is narrowed afterwards.
    if (node.contacts.length >= this.numberOfNodesPerKBucket && !node.dontSplit) return super.add(contact)
    // Nobody of this id is there: the package would compare it with all.
    node.contacts.push(contact)
    return this
  }
}

/** Who stands where is settled before anything is added; the package's own arbiter lets anyone replace an address. */
function keepIncumbent(incumbent: Contact): Contact {
  return incumbent
}

/** How many contacts a bucket holds that shares `depth` bits with our id's path. */
export function sizeAt(depth: number, options: DhtOptions): number {
  return options.wideBuckets[depth - 1] ?? options.bucketSize
}

function bitOf(id: Id, depth: number): boolean {
  return (id[depth >> 3]! & (0x80 >> (depth & 7))) !== 0
}
