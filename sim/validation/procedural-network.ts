import { type SharedNode, sharedNode } from '../../src/codec/shared-nodes.ts'
import { type Address, addressFromBytes } from '../../src/core/address.ts'
import { type Id, randomIdWithPrefix } from '../../src/core/id.ts'
import { below, type Rng, unit } from '../../src/core/rng.ts'
import type { Micros } from '../../src/core/time.ts'
import { HonestResponder, type Responder, type ResponderParts } from '../../src/dht/answering/responder.ts'
import type { DhtPolicies, Handover } from '../../src/dht/dht-init.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { resolveDhtOptions } from '../../src/dht/resolve-dht-options.ts'
import { streamFor } from '../engine/rng.ts'
import { PORT } from '../hosts/session-host.ts'
import type { SimHost } from '../hosts/sim-host.ts'
import { World } from '../hosts/world.ts'
import type { Placed } from '../network/latency.ts'
import type { NetworkOptions } from '../network/network.ts'
import { DhtMachine } from './dht-machine.ts'
import { IdTree, type Subtree } from './id-tree.ts'

/** Ranks that no node has, of addresses that are global all the same. */
const NOBODY = 5_000_000
const NOBODIES = 500_000
/** Bits that false nodes share with the target: more than anybody does. */
const FALSE_BITS = 32
/** The first octet of all addresses: those of 11.0.0.0 to 98.255.255.0 are global. */
const FIRST_OCTET = 11

export interface NetworkNature {
  /** Share of all ids whose node has gone for good: it is in tables, and answers nobody. Default 0. */
  readonly deadShare?: number
  /**
   * Of so many candidates for each place of a bucket, tables hold those that are nearest in time, as tables come to that prefer them.
   * Default 1: any.
   */
  readonly met?: number
  /** Share of the nodes that name to everybody eight dead ones that are nearer to what is looked for than anybody. Default 0. */
  readonly liarShare?: number
}

/** A node that has been met. */
export interface Met {
  readonly host: SimHost
  readonly machine: DhtMachine
}

/**
 * A network of any size, of which only those exist who have been sent something: id, address, place and table of a node are
 * pure functions of (seed, rank), its rank being its place among all ids. Tables are those of a network at rest: of each
 * bucket as many as it may hold, drawn from all who belong there, all good.
 */
export class ProceduralNetwork {
  readonly world: World
  readonly tree: IdTree
  readonly options: DhtOptions
  readonly #seed: number
  readonly #met = new Map<number, Met>()
  readonly #nature: Required<NetworkNature>
  readonly #places: Placed[] = []
  readonly #deaths: boolean[] = []

  constructor(
    seed: number,
    size: number,
    options: Partial<DhtOptions> = {},
    network: Partial<NetworkOptions> = {},
    { deadShare = 0, met = 1, liarShare = 0 }: NetworkNature = {},
  ) {
    this.#seed = seed
    this.#nature = { deadShare, met, liarShare }
    this.world = new World({ seed, network })
    this.tree = new IdTree(seed, size)
    this.options = resolveDhtOptions({ ...options })
    // Told before it is looked for who lies there: whoever is written to exists.
    this.world.udp.tap({
      sent: (_site, _from, to) => {
        const rank = this.rankOf(to)
        if (rank < NOBODY && !this.isDead(rank)) this.node(rank)
      },
    })
  }

  isDead(rank: number): boolean {
    const { deadShare } = this.#nature
    if (deadShare === 0) return false
    this.#deaths[rank] ??= unit(streamFor(this.#seed, rank, 'procedural death')) < deadShare
    return this.#deaths[rank]
  }

  /** Where node `rank` lies, whether it exists or not. */
  placeOf(rank: number): Placed {
    let place = this.#places[rank]
    if (place === undefined) {
      const position = this.world.network.placeAtRandom(streamFor(this.#seed, rank, 'procedural place'))
      place = { index: rank, position }
      this.#places[rank] = place
    }
    return place
  }

  /** How many nodes exist. */
  get met(): number {
    return this.#met.size
  }

  node(rank: number): Met {
    const known = this.#met.get(rank)
    if (known !== undefined) return known
    const { world } = this
    const { now } = world
    const address = addressOf(rank)
    const { position } = this.placeOf(rank)
    const host = world.addHost({ host: address.host, position })
    const machine = host.boot(
      now,
      (ports) => new DhtMachine(now, ports, address, this.options, this.handover(rank), this.#policies(rank)),
    )
    const met = { host, machine }
    this.#met.set(rank, met)
    return met
  }

  #policies(rank: number): DhtPolicies {
    const rng = streamFor(this.#seed, rank, 'procedural lie')
    if (unit(rng) >= this.#nature.liarShare) return {}
    return { responder: (parts) => liar(parts, rng, () => addressOf(NOBODY + below(rng, NOBODIES))) }
  }

  /** What node `rank` begins with; the farthest bucket first. */
  handover(rank: number): Handover {
    const { bucketSize, wideBuckets } = this.options
    const rng = streamFor(this.#seed, rank, 'procedural table')
    const contacts: SharedNode[] = []
    const ranks: number[] = []
    for (let subtree = this.tree.root; subtree.count > 1; ) {
      const [zero, one] = this.tree.halves(subtree)
      const [own, bucket] = rank < one.low ? [zero, one] : [one, zero]
      const width = wideBuckets[subtree.depth] ?? bucketSize
      for (const other of this.#nearestInTime(rank, drawn(bucket, width * this.#nature.met, rng), width)) {
        ranks.push(other)
        contacts.push(sharedNode(this.tree.idOf(other), addressOf(other)))
      }
      subtree = own
    }
    const roundTrips = ranks.map((other) => this.roundTrip(rank, other))
    return { id: this.tree.idOf(rank), contacts, ages: new Float64Array(contacts.length), roundTrips }
  }

  /** From one place to the other and back, without jitter. */
  roundTrip(rank: number, other: number): Micros {
    return 2 * this.world.network.delay(this.placeOf(rank), this.placeOf(other))
  }

  #nearestInTime(rank: number, others: ReadonlySet<number>, most: number): Iterable<number> {
    if (others.size <= most) return others
    const timed = [...others].map((other) => [this.roundTrip(rank, other), other] as const)
    timed.sort(([a], [b]) => a - b)
    return timed.slice(0, most).map(([, other]) => other)
  }

  /** Of the node at an address of this network. */
  rankOf({ bytes }: Address): number {
    return ((bytes[0]! - FIRST_OCTET) << 16) | (bytes[1]! << 8) | bytes[2]!
  }

  /** Of the node with this id. */
  rankOfId(id: Id): number {
    let subtree = this.tree.root
    while (subtree.count > 1) {
      const [zero, one] = this.tree.halves(subtree)
      subtree = (id[subtree.depth >> 3]! & (0x80 >> (subtree.depth & 7))) === 0 ? zero : one
    }
    return subtree.low
  }

  /** The `count` nodes nearest to `target`, in no order, whether they exist or not. */
  nearest(target: Id, count: number): readonly Id[] {
    return this.tree.nearest(target, count)
  }
}

/** Names eight that are nearer to the target than anybody, and who are nowhere. */
function liar(parts: ResponderParts, rng: Rng, nowhere: () => Address): Responder {
  const honest = new HonestResponder(parts)
  return {
    answer: (now, from, query) => {
      const { target } = query
      if (target === undefined || query.fault !== undefined) return honest.answer(now, from, query)
      const nodes = Array.from({ length: 8 }, () => {
        return sharedNode(randomIdWithPrefix(rng, target, FALSE_BITS), nowhere())
      })
      return { kind: 'response', fields: { nodes } }
    },
  }
}

/** Each in a /24 of its own, so that no rule about subnets holds anybody back. */
function addressOf(rank: number): Address {
  const host = [FIRST_OCTET + (rank >> 16), (rank >> 8) & 255, rank & 255, 1]
  return addressFromBytes(Uint8Array.from(host), 0, 4, PORT)
}

/** `most` different ranks of a subtree, or all (Floyd's sampling). */
function drawn({ low, count }: Subtree, most: number, rng: Rng): ReadonlySet<number> {
  const ranks = new Set<number>()
  for (let last = low + Math.max(0, count - most); last < low + count; last++) {
    const rank = low + below(rng, last - low + 1)
    ranks.add(ranks.has(rank) ? last : rank)
  }
  return ranks
}
