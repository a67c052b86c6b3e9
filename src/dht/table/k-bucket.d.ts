/** What the door (`routing-table.ts`) uses of the package; its published types pull in those of Node.js. */
declare module 'k-bucket' {
  export interface BucketNode<T> {
    /** `null` on inner nodes. */
    contacts: T[] | null
    /** A leaf that is not on the way to our id. */
    dontSplit: boolean
    left: BucketNode<T> | null
    right: BucketNode<T> | null
  }

  export default class KBucket<T extends { readonly id: Uint8Array }> {
    constructor(options: {
      localNodeId: Uint8Array
      numberOfNodesPerKBucket: number
      arbiter: (incumbent: T, candidate: T) => T
    })
    numberOfNodesPerKBucket: number
    root: BucketNode<T>
    add(contact: T): this
    get(id: Uint8Array): T | null
    remove(id: Uint8Array): this
  }
}
