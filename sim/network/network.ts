import { type Address, parseAddress, withPort } from '../../src/core/address.ts'
import { type Rng, unit } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { AddressTable } from './addresses.ts'
import { type Clog, type Cut, Cuts } from './cuts.ts'
import { type Impairment, impairment } from './impairment.ts'
import { LATENCIES, Latency, type LatencyOptions, type Placed, type Position } from './latency.ts'
import { NatBox, type Protocol } from './nat-box.ts'
import { Site } from './site.ts'

/** Latency and impairment are those of all; shares from 0 to 1. */
export interface NetworkOptions extends LatencyOptions, Impairment {
  /** What latencies are by default. */
  readonly profile: keyof typeof LATENCIES
  /** A datagram that would wait longer than this for a line is dropped, in microseconds. */
  readonly longestQueue: Micros
}

const NETWORK_DEFAULTS = Object.freeze({
  profile: 'world' as const,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  hold: 50 * MILLISECOND,
  longestQueue: 500 * MILLISECOND,
})

/** What lies at an address: a site, or a box with sites behind it. */
type Place = Site | NatBox

/** How a packet goes on: to what place, and who its sender is and its target from there. */
export interface Hop {
  readonly place: Place | undefined
  readonly from: Address
  readonly to: Address
}

/** The whole way of a packet that gets through. */
export interface Route {
  readonly site: Site
  /** The target as its site knows it. */
  readonly to: Address
  /** The sender as the target sees it. */
  readonly seenAs: Address
}

/** Where places lie, how packets find them, how long they travel and what keeps them apart. */
export class Network {
  readonly options: NetworkOptions
  /** What befalls all datagrams; may be changed at any time. */
  impairment: Impairment | undefined
  readonly #clock: { readonly now: Micros }
  readonly #latency: Latency
  readonly #cuts = new Cuts()
  /** By address with port 0; what lies behind boxes is in them. */
  readonly #places = new AddressTable<Place>()
  readonly #inside = new Map<NatBox, AddressTable<Place>>()

  constructor(clock: { readonly now: Micros }, options: Partial<NetworkOptions> = {}) {
    this.#clock = clock
    const { profile } = { ...NETWORK_DEFAULTS, ...options }
    const defaults = { ...NETWORK_DEFAULTS, ...LATENCIES[profile] }
    // A slip in a name would leave the network as it is by default, and nobody would know.
    const unknown = Object.keys(options).find((key) => !Object.hasOwn(defaults, key))
    if (unknown !== undefined) throw new Error(`the network has no option ${unknown}`)
    this.options = { ...defaults, ...options }
    this.impairment = impairment(this.options)
    this.#latency = new Latency(this.options)
  }

  /** Makes what has just been put somewhere findable by its addresses there. */
  add(place: Place): void {
    if (place instanceof NatBox) {
      this.#inside.set(place, new AddressTable())
      this.#realm(place.behind).set(parseAddress(place.host, 0)!, place)
      return
    }
    for (const host of place.hosts) {
      const address = parseAddress(host, 0)!
      this.#realm(address.family === 4 ? place.nat : undefined).set(address, place)
    }
  }

  placeAtRandom(rng: Rng): Position {
    return this.#latency.placeAtRandom(rng)
  }

  /** Whether packets get from one place to the other; asked when they are sent. */
  reaches(from: Site, to: Site): boolean {
    if (from.manner === 'silent' || to.manner === 'silent') return false
    return !this.#cuts.blocks(this.#clock.now, from.index, to.index)
  }

  /** One-way delay between two places without jitter and clogs; the same both ways. */
  delay(from: Placed, to: Placed): Micros {
    return this.#latency.between(from, to)
  }

  /** One-way delay of one packet of `bytes`. */
  travel(from: Site, to: Site, bytes = 0): Micros {
    return this.leg(from, to, from.noise) + this.slows(from, to, bytes)
  }

  /** One-way delay of one packet between any two places, clogs left out. */
  leg(from: Placed, to: Placed, noise: Rng): Micros {
    return this.#latency.ofPacket(from, to, noise)
  }

  /** How much longer clogs make the way of a packet of `bytes`. */
  slows(from: Site, to: Site, bytes: number): Micros {
    return this.#cuts.slows(this.#clock.now, from.index, to.index, bytes)
  }

  /** The share of packets that is lost on the way, at most 0.99: a stream repairs what it loses, and would never end. */
  loss(from: Site, to: Site): number {
    if (this.impairment === undefined && from.outward === undefined && to.inward === undefined) return 0
    let passing = 1
    for (const part of [this.impairment, from.outward, to.inward]) passing *= 1 - (part?.loss ?? 0)
    return Math.min(0.99, 1 - passing)
  }

  /** Whether the next packet is lost on the way. */
  loses(from: Site, to: Site): boolean {
    const loss = this.loss(from, to)
    return loss > 0 && unit(from.noise) < loss
  }

  /** Nothing passes from some hosts to others for a time; holds from now, or from when it says. */
  cut(cut: Cut): void {
    this.#cuts.cut(cut)
  }

  clog(clog: Clog): void {
    this.#cuts.clog(clog)
  }

  /** Ends all cuts and clogs, those to come too. */
  heal(): void {
    this.#cuts.heal()
  }

  /** What lies at `to` for a packet from nowhere in particular: `from` is believed. */
  find(from: Address, to: Address): Hop {
    return { place: this.#places.get(withPort(to, 0)), from, to }
  }

  /**
   * The first hop of a packet from the site's own endpoint `from`: out through the boxes before it, to a neighbour behind
   * one of them, back into one (a hairpin) or to what lies at the address. `undefined`: a box does not let it pass.
   */
  leave(protocol: Protocol, site: Site, from: Address, to: Address): Hop | undefined {
    const { now } = this.#clock
    const host = withPort(to, 0)
    let source = from
    for (let box = to.family === 4 ? site.nat : undefined; box !== undefined; box = box.behind) {
      const neighbour = this.#realm(box).get(host)
      if (neighbour !== undefined) return { place: neighbour, from: source, to }
      if (to.host === box.host && !box.hairpin) return undefined
      const outside = box.outbound(protocol, source, to, now)
      if (outside === undefined) return undefined
      source = outside
      if (to.host === box.host) return { place: box, from: source, to }
    }
    return { place: this.#places.get(host), from: source, to }
  }

  /** The hop behind a box to which `hop` has come; `undefined`: it is not let in. */
  enter(protocol: Protocol, box: NatBox, from: Address, to: Address): Hop | undefined {
    const inside = box.inbound(protocol, to.port, from, this.#clock.now)
    if (inside === undefined) return undefined
    return { place: this.#realm(box).get(withPort(inside, 0)), from, to: inside }
  }

  /** The whole way at once, as seen now; `undefined` when nothing lies there or a box does not let it pass. */
  route(protocol: Protocol, site: Site, from: Address, to: Address): Route | undefined {
    let hop = this.leave(protocol, site, from, to)
    while (hop?.place instanceof NatBox) hop = this.enter(protocol, hop.place, hop.from, hop.to)
    return hop?.place instanceof Site ? { site: hop.place, to: hop.to, seenAs: hop.from } : undefined
  }

  #realm(box: NatBox | undefined): AddressTable<Place> {
    return box === undefined ? this.#places : this.#inside.get(box)!
  }
}
