import { type SharedNode, sharedNode } from '../../src/codec/shared-nodes.ts'
import { type Address, addressFromBytes } from '../../src/core/address.ts'
import type { Id } from '../../src/core/id.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import type { Handover } from '../../src/dht/dht-init.ts'
import { type DhtOptions, resolveDhtOptions } from '../../src/dht/options.ts'
import { streamFor } from '../engine/rng.ts'
import { PORT } from '../hosts/session-host.ts'
import type { SimHost } from '../hosts/sim-host.ts'
import { World } from '../hosts/world.ts'
import type { NetworkOptions } from '../network/network.ts'
import { DhtMachine } from './dht-machine.ts'
import { IdTree, type Subtree } from './id-tree.ts'

/** The first octet of all addresses: those of 11.0.0.0 to 98.255.255.0 are global. */
const FIRST_OCTET = 11

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

  constructor(
    seed: number,
    size: number,
    options: Partial<DhtOptions> = {},
    network: Partial<NetworkOptions> = {},
  ) {
    this.#seed = seed
    this.world = new World({ seed, network })
    this.tree = new IdTree(seed, size)
    this.options = resolveDhtOptions({ ...options })
    // Told before it is looked for who lies there: whoever is written to exists.
    this.world.udp.tap({ sent: (_site, _from, to) => this.node(this.rankOf(to)) })
  }

  /** How many nodes exist. */
  get met(): number {
    return this.#met.size
  }

  node(rank: number): Met {
    const known = this.#met.get(rank)
    if (known !== undefined) return known
    const { world } = this
    const { now, network } = world
    const address = addressOf(rank)
    const position = network.placeAtRandom(streamFor(this.#seed, rank, 'procedural place'))
    const host = world.addHost({ host: address.host, position })
    const machine = host.boot(
      now,
      (ports) => new DhtMachine(now, ports, address, this.options, this.handover(rank)),
    )
    const met = { host, machine }
    this.#met.set(rank, met)
    return met
  }

  /** What node `rank` begins with; the farthest bucket first. */
  handover(rank: number): Handover {
    const { bucketSize, wideBuckets } = this.options
    const rng = streamFor(this.#seed, rank, 'procedural table')
    const contacts: SharedNode[] = []
    for (let subtree = this.tree.root; subtree.count > 1; ) {
      const [zero, one] = this.tree.halves(subtree)
      const [own, bucket] = rank < one.low ? [zero, one] : [one, zero]
      for (const other of drawn(bucket, wideBuckets[subtree.depth] ?? bucketSize, rng)) {
        contacts.push(sharedNode(this.tree.idOf(other), addressOf(other)))
      }
      subtree = own
    }
    return { id: this.tree.idOf(rank), contacts, ages: new Float64Array(contacts.length) }
  }

  /** Of the node at an address of this network. */
  rankOf({ bytes }: Address): number {
    return ((bytes[0]! - FIRST_OCTET) << 16) | (bytes[1]! << 8) | bytes[2]!
  }

  /** The `count` nodes nearest to `target`, in no order, whether they exist or not. */
  nearest(target: Id, count: number): readonly Id[] {
    return this.tree.nearest(target, count)
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
