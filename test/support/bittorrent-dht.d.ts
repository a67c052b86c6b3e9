/** What the tests use of the package, which brings no types. */
declare module 'bittorrent-dht' {
  import { EventEmitter } from 'node:events'

  interface DhtOptions {
    readonly bootstrap?: readonly string[] | false
    readonly host?: string
  }

  export class Client extends EventEmitter {
    constructor(options?: DhtOptions)
    readonly ready: boolean
    readonly nodes: { count(): number }
    /** Info-hash in hex to the peers announced under it. */
    readonly _peers: { keys: Iterable<string>; readonly used: number }
    listen(port: number, address: string, listening?: () => void): void
    /** Calls back with the number of nodes that were asked. */
    lookup(infoHash: string, done: (error: Error | null, nodes: number) => void): void
    addNode(node: { host: string; port: number }): void
    destroy(done?: () => void): void
  }
}
