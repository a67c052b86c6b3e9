import { parseUrl, type WebUrl } from '../../codec/web-url.ts'
import { below, type Rng } from '../../core/rng.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'

/** After an announce in vain, doubling up to the longest. */
const FIRST_RETRY = 30 * SECOND
const LONGEST_RETRY = 3_600 * SECOND

/** A tracker as one torrent knows it. */
export interface Tracker {
  readonly text: string
  readonly url: WebUrl
  /** The user named it. */
  readonly byHand: boolean
  /** It has been told that we are there. */
  started: boolean
  /** What it wants to be sent back. */
  id: Uint8Array | undefined
  failures: number
  retryAt: Micros
}

/** The trackers of a torrent, in the order in which they are asked (BEP 12): tier by tier, those that answer first within theirs. */
export class TrackerTiers {
  /** Some were left out, to which no proxy leads. */
  unreachable = false
  readonly #tiers: Tracker[][] = []
  readonly #dice: Rng
  readonly #proxied: boolean

  constructor(dice: Rng, proxied: boolean) {
    this.#dice = dice
    this.#proxied = proxied
  }

  /** Puts what is not known yet behind the others, each tier in an order drawn by lot. What we do not speak (WebSocket), or not here, is left out. */
  add(tiers: readonly (readonly string[])[], byHand: boolean): void {
    for (const tier of tiers) {
      const fresh: Tracker[] = []
      for (const text of tier) {
        const url = parseUrl(text)
        if (this.#proxied && url?.scheme === 'udp') {
          this.unreachable = true
          continue
        }
        if (url === undefined || this.all.some((known) => known.text === text)) continue
        const tracker = { text, url, byHand, started: false, id: undefined, failures: 0, retryAt: 0 }
        fresh.splice(below(this.#dice, fresh.length + 1), 0, tracker)
      }
      if (fresh.length > 0) this.#tiers.push(fresh)
    }
  }

  get all(): readonly Tracker[] {
    return this.#tiers.flat()
  }

  /** The first that may be asked. */
  next(now: Micros): Tracker | undefined {
    return this.all.find(({ retryAt }) => retryAt <= now)
  }

  /** When there may be one again. */
  get nextAt(): Micros {
    return Math.min(NEVER, ...this.all.map(({ retryAt }) => retryAt))
  }

  answered(tracker: Tracker): void {
    tracker.failures = 0
    tracker.retryAt = 0
    const tier = this.#tiers.find((one) => one.includes(tracker))!
    tier.splice(tier.indexOf(tracker), 1)
    tier.unshift(tracker)
  }

  failed(now: Micros, tracker: Tracker): void {
    const wait = Math.min(FIRST_RETRY * 2 ** Math.min(tracker.failures, 20), LONGEST_RETRY)
    tracker.failures += 1
    tracker.retryAt = now + wait
  }
}
