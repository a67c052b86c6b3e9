import { printable } from '../core/utf8.ts'

/** Only what names a tracker; nothing that a client could be made to open (BEP 12, BEP 15). */
const TRACKER = /^(?:https?|udp|wss?):\/\/[^\s/]+/i
const MOST_TRACKERS = 64
const LONGEST_TRACKER = 1_024

/** Adds `url` to `trackers`, unless it is none, is there already, or 64 are. */
export function addTracker(trackers: string[], url: string): void {
  if (trackers.length >= MOST_TRACKERS || url.length > LONGEST_TRACKER) return
  if (TRACKER.test(url) && printable(url, LONGEST_TRACKER) === url && !trackers.includes(url))
    trackers.push(url)
}
