import type { Info } from '../codec/metainfo.ts'
import { areNodesOf } from '../codec/piece-layers.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { Failure, Ports } from './ports.ts'
import type { Tickets } from './tickets.ts'

/** The hashes of pieces that an earlier run fetched (BEP 52), beside the info dictionary: believed as far as its roots bear them out. */
export class SavedLayers {
  readonly #ports: Ports
  readonly #tickets: Tickets
  readonly #name: string

  constructor(ports: Ports, tickets: Tickets, infoHash: Id) {
    this.#ports = ports
    this.#tickets = tickets
    this.#name = `metadata/${toHex(infoHash)}.layers`
  }

  /** `undefined` when there are none that are right. */
  restore({ v2, pieceLength }: Info, found: (now: Micros, layers: Uint8Array | undefined) => void): void {
    const { crypto, state } = this.#ports
    const ticket = this.#tickets.issue((now, value) => {
      const layered = v2 && { files: v2.files, pieceLength }
      const right =
        value instanceof Uint8Array && layered !== undefined && areNodesOf(layered, value, crypto.sha256)
      found(now, right ? value : undefined)
    })
    state.read(ticket, this.#name)
  }

  save(layers: Uint8Array, failed: (failure: Failure) => void): void {
    const ticket = this.#tickets.issue((_now, _value, failure) => {
      if (failure !== undefined) failed(failure)
    })
    this.#ports.state.replace(ticket, this.#name, layers)
  }
}
