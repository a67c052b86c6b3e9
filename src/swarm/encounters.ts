import { type Address, limitKey } from '../core/address.ts'
import type { CloseReason } from '../peer/close-reasons.ts'

/** Kinds of ends and liars that are remembered; what comes beyond is counted with the others alone. */
const MOST_KINDS = 64
const MOST_LIARS = 1024

/** How connections came about and how they ended, since the torrent was added: what explains why there are no more of them. */
export class Encounters {
  /** Peers that dialled us and shook hands. */
  incoming = 0
  /** The same of those that we dialled. */
  outgoing = 0
  /** And of both, whom a relay has brought us together with (BEP 55). */
  punched = 0
  /** Dials that nobody took, or took and said nothing. */
  unanswered = 0
  /** Connections that the remote ended, handshakes done or not, before they were of any use: it has no place, as a rule. */
  declined = 0
  readonly #ends = new Map<CloseReason, number>()
  readonly #liars = new Set<string>()

  /** How often dials and connections ended for each reason. */
  get ends(): ReadonlyMap<CloseReason, number> {
    return this.#ends
  }

  /** Who provably sent what was false: IPs, or endpoints in the narrower scopes. */
  get liars(): number {
    return this.#liars.size
  }

  met(outgoing: boolean): void {
    if (outgoing) this.outgoing += 1
    else this.incoming += 1
  }

  /** A dial, or a connection, is over. */
  ended(reason: CloseReason, how: 'unanswered' | 'declined' | 'used'): void {
    if (how !== 'used') this[how] += 1
    const count = this.#ends.get(reason)
    if (count !== undefined || this.#ends.size < MOST_KINDS) this.#ends.set(reason, (count ?? 0) + 1)
  }

  /** Convicted: banned, or sent away for it. */
  lied(from: Address): void {
    if (this.#liars.size < MOST_LIARS) this.#liars.add(limitKey(from))
  }
}
