import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import type { RateMeter } from '../core/rate.ts'
import type { RateLimits } from '../core/rate-limit.ts'
import type { Micros } from '../core/time.ts'
import type { WireReason } from './close-reasons.ts'
import type { Counters } from './counters.ts'
import type { FloodControl } from './flood-control.ts'
import type { PeerOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Owner, Terms } from './peer-owner.ts'
import type { Remote } from './remote.ts'

/** What the parts of one established connection share. */
export interface Link<Peer> {
  readonly peer: Peer
  readonly owner: Owner<Peer>
  readonly terms: Terms<Peer>
  readonly options: PeerOptions
  readonly outbox: Outbox
  readonly remote: Remote
  readonly counters: Counters
  readonly flood: FloodControl
  readonly limits: RateLimits
  /** Payload of piece messages, received and queued for sending. */
  readonly down: RateMeter
  readonly up: RateMeter
  /** These two come with the metadata. */
  geometry: Geometry | undefined
  ours: Bitfield | undefined
  /** Ends the connection; nothing may be done with it afterwards. */
  fail(now: Micros, reason: WireReason): void
}
