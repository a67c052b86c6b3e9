import type { ErrorCode } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'

/**
 * Bytes both ways, in order, between us and one remote: TCP, or whatever else carries them. No call leads to an input, and the
 * stream is flushed by whoever reads it, at the end of a round.
 */
export interface Stream {
  /** Told of all that comes; set before the next input. */
  reader: StreamReader | undefined
  /** Whether uTP carries it (BEP 29). */
  readonly overUtp: boolean
  /** It began with an encrypted handshake (MSE); known when anything is received. */
  readonly encrypted?: boolean
  /** Room for `length` bytes at the end of what waits to be sent; filled before the caller returns. */
  reserve(length: number): Uint8Array
  /** Queues a read-only view (payload) after all that was reserved; not copied. */
  send(view: Uint8Array): void
  /** Hands on what was queued; answered by `sent`. */
  flush(): void
  pause(): void
  resume(): void
  /** Flushes what is queued, then closes. `now`: resets at once. Nothing is said of it from then on. */
  close(now: boolean): void
}

/** Each call is, or is part of, one input. */
export interface StreamReader {
  /** A dialled stream is open; of an accepted one it is not said. */
  opened(now: Micros): void
  /** `views` and their bytes are lent until the call returns. */
  received(now: Micros, views: readonly Uint8Array[]): void
  /** `bytes` more of what was given to the stream have left. */
  sent(now: Micros, bytes: number): void
  /** It is gone (refused, reset, ended by the remote, or failed); said once. */
  ended(now: Micros, reason: ErrorCode): void
}
