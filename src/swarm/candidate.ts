import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'

/** A peer that may be dialled, or is or was connected: what the pool keeps of it. */
export interface Candidate {
  readonly address: Address
  /** The user named it: first wait is short. */
  named: boolean
  seed: boolean
  dialling: boolean
  /** Connections to it, either way; at most one for long. */
  connections: number
  connectedAt: Micros
  /** Vain dials and short connections since one that lasted. */
  failures: number
  /** Position in the list of all. */
  place: number
}
