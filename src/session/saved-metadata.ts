import { toHex } from '../core/bytes.ts'
import type { Micros } from '../core/time.ts'
import { type GivenHashes, isAsked } from '../swarm/torrent-hashes.ts'
import type { Failure, Ports } from './ports.ts'
import type { Tickets } from './tickets.ts'

/** An info dictionary that an earlier run fetched: a state file of its raw bytes, believed as far as its hash. */
export class SavedMetadata {
  readonly #ports: Ports
  readonly #tickets: Tickets
  readonly #hashes: GivenHashes
  readonly #name: string

  constructor(ports: Ports, tickets: Tickets, hashes: GivenHashes) {
    this.#ports = ports
    this.#tickets = tickets
    this.#hashes = hashes
    this.#name = `metadata/${toHex(hashes.infoHash)}.info`
  }

  /** `undefined` when there is none that is right: a power cut may have left anything. */
  restore(found: (now: Micros, bytes: Uint8Array | undefined) => void): void {
    const { crypto, state } = this.#ports
    const ticket = this.#tickets.issue((now, value) => {
      const right = value instanceof Uint8Array && isAsked(this.#hashes, value, crypto)
      found(now, right ? value : undefined)
    })
    state.read(ticket, this.#name)
  }

  save(bytes: Uint8Array, failed: (failure: Failure) => void): void {
    const ticket = this.#tickets.issue((_now, _value, failure) => {
      if (failure !== undefined) failed(failure)
    })
    this.#ports.state.replace(ticket, this.#name, bytes)
  }
}
