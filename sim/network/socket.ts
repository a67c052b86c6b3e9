import type { Address } from '../../src/core/address.ts'
import type { Handle } from '../../src/session/ports.ts'
import type { NatBox } from './nat-box.ts'
import type { Site } from './site.ts'

/** A bound UDP socket. */
export interface Socket {
  readonly site: Site
  readonly handle: Handle
  /** What it was bound to; may be a wildcard. */
  readonly address: Address
  /** Its own endpoint; remotes see it unless something translates. */
  readonly local: Address
  /** What translates what it sends. */
  readonly behind: NatBox | undefined
  open: boolean
}
