import type { ScrapeSummary } from './events.ts'

const BITS = 2048

/** How many addresses a filter of 256 bytes holds (BEP 33, "Estimates"), to the next whole number. */
interface Estimate {
  readonly count: number
  /** Every bit is set: there are `count` or more. */
  readonly saturated: boolean
}

function estimateOf(filter: Uint8Array): Estimate {
  let zeros = 0
  for (const byte of filter) for (let bit = 0; bit < 8; bit++) zeros += ((byte >> bit) & 1) ^ 1
  if (zeros === BITS) return { count: 0, saturated: false }
  const share = Math.max(1, Math.min(BITS - 1, zeros)) / BITS
  return { count: Math.round(Math.log(share) / (2 * Math.log(1 - 1 / BITS))), saturated: zeros === 0 }
}

/** What the joined filters of a look-up amount to. */
export function scrapeSummary(scraped: {
  readonly seedFilter: Uint8Array
  readonly peerFilter: Uint8Array
}): ScrapeSummary {
  const seeds = estimateOf(scraped.seedFilter)
  const others = estimateOf(scraped.peerFilter)
  return {
    seeds: seeds.count,
    downloaders: others.count,
    saturated: seeds.saturated || others.saturated,
  }
}
