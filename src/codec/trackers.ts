import { printable } from '../core/utf8.ts'
import { parseUrl } from './web-url.ts'

/** Only what names a tracker; nothing that a client could be made to open (BEP 12, BEP 15). */
const TRACKER = /^(?:https?|udp|wss?):\/\/[^\s/]+/i
const MOST = 64
const LONGEST = 1_024

/** Adds `url` to `trackers`, unless it is none, is there already, or 64 are. */
export function addTracker(trackers: string[], url: string): void {
  if (TRACKER.test(url)) add(trackers, url)
}

/** Adds `url` to `seeds`, unless it is none of http or https, is there already, or 64 are (BEP 19). */
export function addWebSeed(seeds: string[], url: string): void {
  if (/^https?:/i.test(url) && parseUrl(url) !== undefined) add(seeds, url)
}

/** Each tier (BEP 12) without what is none or stands in one before; 64 trackers in all. Empty tiers are left out. */
export function trackerTiers(tiers: readonly (readonly string[])[]): string[][] {
  const all: string[] = []
  const kept = tiers.map((tier) => {
    const before = all.length
    for (const url of tier) addTracker(all, url)
    return all.slice(before)
  })
  return kept.filter((tier) => tier.length > 0)
}

function add(urls: string[], url: string): void {
  if (urls.length >= MOST || url.length > LONGEST || urls.includes(url)) return
  if (printable(url, LONGEST) === url) urls.push(url)
}
