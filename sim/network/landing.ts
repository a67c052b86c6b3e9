import type { StreamEnd } from './stream-end.ts'

/** What carriers tell. */
export interface Landing {
  /** `bytes` of what `end` was given have left it for the first time. */
  left(end: StreamEnd, bytes: number): void
  /** The next bytes of the stream have come to `end`; the array is lent, the views are not. */
  landed(end: StreamEnd, views: readonly Uint8Array[]): void
  /** Nothing follows: the remote closed, and all that it had sent has landed. */
  ended(end: StreamEnd): void
  /** All of `end`, and that it was closed, has come to the remote. */
  finished(end: StreamEnd): void
  /** Something came for `end`, which is gone: its remote must hear of it. */
  unwanted(end: StreamEnd): void
  /** No acknowledgement has come for so long that the stream is given up. */
  gaveUp(end: StreamEnd): void
}
