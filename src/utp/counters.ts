/** Why a datagram was not acted upon, or something was not kept. */
export type UtpDrop =
  | 'malformed'
  | 'source'
  /** Of no connection that we know. */
  | 'unknown'
  | 'syn-limit'
  | 'syn-known'
  | 'connections-full'
  | 'not-accepting'
  /** It acknowledges what was never sent, or is much too old. */
  | 'bad-ack'
  | 'bad-reset'
  | 'twice'
  /** Too far ahead, after the end, or there is no memory for it. */
  | 'no-room'
  | 'reset-limit'

/** What a socket has counted since it was made. */
export class UtpCounters {
  packetsIn = 0
  packetsOut = 0
  /** Of those sent: again, because they were taken for lost. */
  resent = 0
  timeouts = 0
  dialled = 0
  accepted = 0
  readonly dropped: Map<UtpDrop, number> = new Map<UtpDrop, number>()

  drop(reason: UtpDrop): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1)
  }
}
