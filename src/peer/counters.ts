/** What was ignored, refused or lost on one connection; numbers only go up. */
export class Counters {
  /** Messages with an unknown id, extended messages we did not offer, and oversized extended ones. */
  unknown = 0
  /** Messages that changed nothing. */
  useless = 0
  /** Pieces, grants and suggestions outside the torrent, HAVEs for what was there, suggestions that repeat or were too many. */
  idleClaims = 0
  /** Requests of the remote that were not served, by choice or for lack of room. */
  refused = 0
  /** Requests of ours that were rejected, that ran out of time. */
  rejected = 0
  timedOut = 0
  /** Payload bytes that were thrown away. */
  wasted = 0
  /** Late blocks that were forgotten for lack of room. */
  lateForgotten = 0
  /** Metadata messages that nobody waited for or that were malformed. */
  metadataIgnored = 0
  /** Metadata requests that were rejected. */
  metadataRefused = 0
  /** Hash requests that were rejected, or passed over (BEP 52). */
  hashesRefused = 0
  /** Malformed messages of peer exchange. */
  peersIgnored = 0
}
