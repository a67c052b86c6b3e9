import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'

/** Payload of a full segment: 1,500 bytes less 40 of headers and 12 of time stamps. */
export const SEGMENT = 1_448
/** IPv4 and TCP headers, counted on the lines. */
export const HEADERS = 40
/** Ten segments: what may be under way before anything was acknowledged (RFC 6928). */
export const FIRST_WINDOW: number = 10 * SEGMENT
/** What a receiver holds for a machine that does not read, and so the most that is under way: 1 MiB. */
export const RECEIVE_WINDOW = 1_048_576

/** First wait for an answer to a dial, doubled with each repetition (RFC 6298, 2.1), and how often it is repeated (Linux: 6). */
export const FIRST_DIAL_WAIT: Micros = SECOND
export const DIAL_ATTEMPTS = 7

/** Bounds of the time after which what was not acknowledged is sent again (Linux: 200 ms over the round trip, and 120 s). */
const LEAST_MARGIN = 200 * MILLISECOND
const LONGEST_WAIT = 120 * SECOND
/** How long a stream lives on without any acknowledgement (Linux, `tcp_retries2` = 15: 924.6 s). */
export const SILENCE_LIMIT: Micros = 924_600 * MILLISECOND

/** How long a sender waits before it sends something for the `attempt`th time (from 1) again. */
export function repeatAfter(roundTrip: Micros, deviation: Micros, attempt: number): Micros {
  const first = roundTrip + Math.max(LEAST_MARGIN, 4 * deviation)
  return Math.min(LONGEST_WAIT, first * 2 ** Math.min(attempt - 1, 20))
}

/** Bytes on the line for `bytes` of a stream sent in one go. */
export function onTheLine(bytes: number): number {
  return bytes + HEADERS * Math.max(1, Math.ceil(bytes / SEGMENT))
}
