import { Credit } from '../core/credit.ts'
import { PieceBudget } from '../swarm/piece-budget.ts'

/**
 * The one memory budget of a node, in bytes. Half of it is for pieces being fetched, from the request on until they are on the disk; a
 * quarter for what is being read to be sent or waits in the streams; the rest, and what of the half is not drawn, the host's
 * storage keeps as caches, which give way first.
 */
export class MemoryPool {
  readonly pieces: PieceBudget
  readonly sending: Credit

  constructor(memory: number) {
    this.pieces = new PieceBudget(Math.floor(memory / 2))
    this.sending = new Credit(Math.floor(memory / 4))
  }
}
