import { type Address, parseAddress } from '../../src/core/address.ts'
import { between, type Rng, unit } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type { Inputs } from '../../src/session/ports.ts'
import type { Link } from './links.ts'

export interface NetworkOptions {
  /** Side of the square in which hosts lie, as one-way delay, in microseconds. */
  readonly side: Micros
  /** Last mile of a host, one way: drawn from this range, in microseconds. */
  readonly lowestHeight: Micros
  readonly highestHeight: Micros
  /** Greatest extra delay of a packet, as a share of the pair's delay; small ones are likelier. */
  readonly jitter: number
  /** Share of datagrams that are lost. Streams repair their losses, so it does not touch them. */
  readonly loss: number
  /** A datagram that would wait longer than this for a line is dropped, in microseconds. */
  readonly longestQueue: Micros
}

/** Mean round trip about 170 ms, as in the King measurements of 2002 (180 ms). */
const NETWORK_DEFAULTS: NetworkOptions = Object.freeze({
  side: 120 * MILLISECOND,
  lowestHeight: 2 * MILLISECOND,
  highestHeight: 20 * MILLISECOND,
  jitter: 0.2,
  loss: 0,
  longestQueue: 500 * MILLISECOND,
})

/** A point of the plane plus a height that every packet climbs and descends, all as one-way delay. */
export interface Position {
  readonly x: Micros
  readonly y: Micros
  readonly height: Micros
}

/**
 * How a place meets packets: `open` answers; `silent` swallows everything (switched off, or behind a firewall); `resets`
 * opens streams and breaks them at once.
 */
export type Manner = 'open' | 'silent' | 'resets'

/** A place in the network where a machine may live. */
export interface Site {
  readonly index: number
  /** The literal address of the place. */
  readonly host: string
  readonly position: Position
  readonly up: Link
  readonly down: Link
  /** Draws of loss and jitter for what this place sends. */
  readonly noise: Rng
  manner: Manner
  /** The machine that lives here, if one runs. */
  readonly inputs: Inputs | undefined
}

/** First octets 11 to 99: all global, and clear of the special ranges. */
const FIRST_OCTETS = 89

/** Where places lie and how long packets travel between them. */
export class Network {
  readonly options: NetworkOptions
  readonly #sites = new Map<string, Site>()

  constructor(options: Partial<NetworkOptions> = {}) {
    this.options = { ...NETWORK_DEFAULTS, ...options }
  }

  /** The global IPv4 address of place `index` (0 to 5.8 million): each in a /24 of its own, neighbours in different /8s. */
  static hostOf(index: number): string {
    const rest = Math.floor(index / FIRST_OCTETS)
    return `${11 + (index % FIRST_OCTETS)}.${(rest >> 8) & 255}.${rest & 255}.${1 + (index % 250)}`
  }

  static addressOf(index: number, port: number): Address {
    return parseAddress(Network.hostOf(index), port)!
  }

  /** Whether packets get from one place to the other; asked when they are sent. */
  reaches(from: Site, to: Site): boolean {
    return from.manner !== 'silent' && to.manner !== 'silent'
  }

  add(site: Site): void {
    this.#sites.set(site.host, site)
  }

  /** The place with this literal address. */
  siteAt(host: string): Site | undefined {
    return this.#sites.get(host)
  }

  placeAtRandom(rng: Rng): Position {
    const { side, lowestHeight, highestHeight } = this.options
    return {
      x: between(rng, 0, side),
      y: between(rng, 0, side),
      height: between(rng, lowestHeight, highestHeight),
    }
  }

  /** One-way delay between two places without jitter; the same both ways. */
  delay(from: Site, to: Site): Micros {
    const a = from.position
    const b = to.position
    return Math.ceil(Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2)) + a.height + b.height
  }

  /** One-way delay of one packet. */
  travel(from: Site, to: Site): Micros {
    const delay = this.delay(from, to)
    const draw = unit(from.noise)
    return delay + Math.floor(delay * this.options.jitter * draw * draw)
  }

  /** Whether the next datagram of `from` is lost on the way. */
  loses(from: Site): boolean {
    return this.options.loss > 0 && unit(from.noise) < this.options.loss
  }
}
