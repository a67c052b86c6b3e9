import { between, type Rng, unit } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'

/** Where hosts lie: a square of the plane, all in microseconds of one-way delay. */
export interface Region {
  /** Its middle. */
  readonly x: Micros
  readonly y: Micros
  /** Length of a side. */
  readonly side: Micros
  /** How many hosts lie here, against the other regions: a whole number. */
  readonly weight: number
}

export interface LatencyOptions {
  readonly regions: readonly Region[]
  /** Last mile of a host, one way, in microseconds; in between short ones are likelier. */
  readonly lowestHeight: Micros
  readonly highestHeight: Micros
  /** How far a pair's route is from the straight line, either way, as a share of it; always the same for a pair. */
  readonly detour: number
  /** Greatest extra delay of a packet, as a share of the pair's delay; small ones are likelier. */
  readonly jitter: number
}

/**
 * The Internet in four regions (the Americas' north, Europe, East Asia, the rest), fitted to the round trips that seven of
 * CAIDA's Archipelago monitors measured to all responding destinations over IPv4 (mst-nl, bhd-uk, ory5-fr, bcn2-es, nic-cy,
 * aza-us, hnd-jp): the means of their 10th, 25th, 50th, 75th and 90th percentiles are 46.5, 87.3, 163.2, 242.3 and 289.7 ms.
 * The King measurements of 2004 (1,740 DNS servers) have a mean of about 180 ms; here it is 168 ms and jitter.
 */
const WORLD: LatencyOptions = Object.freeze({
  regions: [
    { x: 85_000, y: 25_000, side: 52_000, weight: 30 },
    { x: 133_000, y: 10_000, side: 25_000, weight: 32 },
    { x: 3_000, y: 2_000, side: 50_000, weight: 25 },
    { x: 83_000, y: 110_000, side: 36_000, weight: 13 },
  ],
  lowestHeight: MILLISECOND,
  highestHeight: 10_700,
  detour: 0.15,
  jitter: 0.2,
})

/** One switch with all hosts on it: 0.1 to 0.3 ms one way. */
const LAN: LatencyOptions = Object.freeze({
  regions: [{ x: 0, y: 0, side: 0, weight: 1 }],
  lowestHeight: 50,
  highestHeight: 150,
  detour: 0,
  jitter: 0.2,
})

/** Latencies by the name of the kind of network. */
export const LATENCIES: Readonly<Record<'world' | 'lan', LatencyOptions>> = Object.freeze({
  world: WORLD,
  lan: LAN,
})

/** A point of the plane plus a height that every packet climbs and descends, all as one-way delay. */
export interface Position {
  readonly x: Micros
  readonly y: Micros
  readonly height: Micros
}

/** Whatever lies somewhere. */
export interface Placed {
  /** Tells pairs apart; a whole number. */
  readonly index: number
  readonly position: Position
}

/** How long packets travel: coordinates with heights, a detour per pair, jitter per packet. Nothing is kept per pair. */
export class Latency {
  readonly #options: LatencyOptions
  readonly #weight: number

  constructor(options: LatencyOptions) {
    this.#options = options
    this.#weight = options.regions.reduce((sum, { weight }) => sum + weight, 0)
  }

  placeAtRandom(rng: Rng): Position {
    const { regions, lowestHeight, highestHeight } = this.#options
    let draw = between(rng, 1, this.#weight)
    const region = regions.find(({ weight }) => (draw -= weight) <= 0)!
    const half = Math.floor(region.side / 2)
    const x = region.x + between(rng, -half, half)
    const y = region.y + between(rng, -half, half)
    const tall = unit(rng)
    return { x, y, height: lowestHeight + Math.floor((highestHeight - lowestHeight) * tall * tall) }
  }

  /** One-way delay between two places without jitter; the same both ways. */
  between(from: Placed, to: Placed): Micros {
    const a = from.position
    const b = to.position
    const x = a.x - b.x
    const y = a.y - b.y
    const line = Math.sqrt(x * x + y * y)
    const { detour } = this.#options
    const way = detour === 0 ? line : line * (1 + detour * pairNoise(from.index, to.index))
    return Math.ceil(way) + a.height + b.height
  }

  /** One-way delay of one packet. */
  ofPacket(from: Placed, to: Placed, noise: Rng): Micros {
    const delay = this.between(from, to)
    const { jitter } = this.#options
    if (jitter === 0) return delay
    const draw = unit(noise)
    return delay + Math.floor(delay * jitter * draw * draw)
  }
}

/** From -1 to 1, uniform over pairs, and the same for (a, b) and (b, a). */
function pairNoise(a: number, b: number): number {
  let hash = Math.imul(a < b ? a : b, 0x9e3779b1) ^ Math.imul((a < b ? b : a) + 1, 0x85ebca77)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) / 0x8000_0000
}
