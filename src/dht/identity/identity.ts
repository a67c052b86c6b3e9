import type { Address } from '../../core/address.ts'
import type { Id } from '../../core/id.ts'
import { isCompliant, nodeIdFor } from '../../core/node-id.ts'
import type { Rng } from '../../core/rng.ts'
import type { Micros } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'
import { ExternalAddress } from './external-address.ts'

export interface IdentityParts {
  readonly ownId: Id
  readonly options: DhtOptions
  readonly secret: Rng
  /** Others agree on where we are, or that we are elsewhere than before. */
  moved(now: Micros, previous: Address | undefined): void
  /** Our id does not fit our IP: it is `id` from now on. */
  renamed(now: Micros, id: Id): void
}

/** Where a node is and who it is therefore (BEP 42): its id follows its IP, once others agree on that. */
export class Identity {
  readonly #parts: IdentityParts
  readonly #external: ExternalAddress
  readonly #bound: Address | undefined
  readonly #others: (() => readonly Id[]) | undefined

  /** `bound`: the address of our socket, unless that is a wildcard. `others`: the ids of our other nodes; `undefined`: keep the id. */
  constructor(parts: IdentityParts, bound: Address | undefined, others: (() => readonly Id[]) | undefined) {
    this.#parts = parts
    this.#external = new ExternalAddress(parts.options.addressVotes)
    this.#bound = bound
    this.#others = others
  }

  /** Where others say that we are, once they agree; port 0: on the IP alone. */
  get external(): Address | undefined {
    return this.#external.settled
  }

  /** Where others reach us, as far as that is known. */
  get address(): Address | undefined {
    return this.#external.settled ?? this.#bound
  }

  /** Whether `address` is where others see us. */
  isAt(address: Address): boolean {
    return this.#external.settled?.text === address.text
  }

  /** `voter`, whom we asked, says that we are at `address` (BEP 42, "ip"). */
  told(now: Micros, voter: Address, address: Address): void {
    const previous = this.#external.settled
    const settled = this.#external.vote(voter, address)
    if (settled === undefined) return
    if (this.#others !== undefined && !isCompliant(this.#parts.ownId, settled))
      this.#parts.renamed(now, nodeIdFor(settled, this.#parts.secret, this.#others()))
    this.#parts.moved(now, previous)
  }
}
