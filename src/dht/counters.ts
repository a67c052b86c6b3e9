/** Why a datagram was not acted upon, or something was refused because a cap was reached. */
export type DropReason =
  | 'stopped'
  | 'length'
  | 'source'
  | 'malformed'
  | 'own-id'
  | 'read-only'
  | 'query-limit'
  | 'unmatched'
  | 'faulty'
  | 'reflector'
  | 'id-changed'
  | 'transactions-full'
  | 'candidates-full'
  | 'entries-full'
  | 'lookups-full'
  | 'reach'
  | 'lookup-peers-full'
  | 'publications-full'
  | 'peers-full'
  | 'oversized'
  | 'items-full'
  | 'signature-limit'
  | 'long-reply-limit'
  | 'bad-item'

/** What a node has counted since it was made. */
export class Counters {
  queriesIn = 0
  queriesOut = 0
  /** Matched responses to our queries. */
  responses = 0
  /** Matched errors to our queries. */
  errors = 0
  timeouts = 0
  readonly dropped: Map<DropReason, number> = new Map<DropReason, number>()

  drop(reason: DropReason): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1)
  }
}
