import type { Address } from '../core/address.ts'
import { limitKey } from '../core/address.ts'
import type { SwarmOptions } from './options.ts'

/** What a new peer would need: nothing that is not there, a place, one of those for peers that dial us. */
export type Lack = 'nothing' | 'place' | 'incoming place'

/** Of the connections, how many may be incoming while we dial others for what we lack. */
const SHARE_WHILE_LACKING = 0.7
/** The same while we seed: some places stay free, so that a newcomer can shake hands and then push out an idle one. */
const SHARE_WHILE_SEEDING = 0.95

/** Who takes the places that there are for connections: those that dialled us, those that we dialled, how many from each IP. */
export class Places {
  readonly #options: SwarmOptions
  readonly #perHost = new Map<string, number>()
  #incoming = 0
  #taken = 0

  constructor(options: SwarmOptions) {
    this.#options = options
  }

  get taken(): number {
    return this.#taken
  }

  take(address: Address, outgoing: boolean): void {
    this.#taken += 1
    if (!outgoing) this.#incoming += 1
    const host = limitKey(address)
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1)
  }

  give(address: Address, outgoing: boolean): void {
    this.#taken -= 1
    if (!outgoing) this.#incoming -= 1
    const host = limitKey(address)
    const others = this.#perHost.get(host)! - 1
    if (others > 0) this.#perHost.set(host, others)
    else this.#perHost.delete(host)
  }

  /** Whether all are taken, `dialling` more included. */
  full(dialling: number): boolean {
    return this.#taken + dialling >= this.#options.connections
  }

  /** Whether those that dialled us have their share. */
  fullOfIncoming(seeding: boolean): boolean {
    const share = seeding ? SHARE_WHILE_SEEDING : SHARE_WHILE_LACKING
    return this.#incoming >= Math.max(1, Math.floor(share * this.#options.connections))
  }

  /** Whether its IP has its share (global scope; elsewhere that is the endpoint's own). */
  crowded(address: Address): boolean {
    return (this.#perHost.get(limitKey(address)) ?? 0) >= this.#options.connectionsPerHost
  }
}
