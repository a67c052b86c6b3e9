import { type SharedNode, sharedNode } from '../../src/codec/shared-nodes.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { compareBytes } from '../../src/core/bytes.ts'
import { commonPrefix, type Id, randomIdWithPrefix } from '../../src/core/id.ts'
import { nodeIdFor } from '../../src/core/node-id.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { expectItems } from '../../src/core/stock.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Handover } from '../../src/dht/dht-init.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import { streamFor } from '../engine/rng.ts'
import { hostOf } from '../network/addresses.ts'
import { PORT } from './session-host.ts'
import { type SimHost, WORLD } from './sim-host.ts'

export interface OracleOptions {
  /** Contacts of every bucket; by default what the node's own options allow (128, 64, 32, 16, then 8). */
  readonly contactsPerBucket?: number
  /** Share of contacts that are dead: endpoints where nobody is. */
  readonly deadShare?: number
  /** How long a host has been up: of two drawn for a place in a bucket, the older stays (old nodes fill real tables). */
  readonly uptime?: (host: SimHost) => Micros
}

/** Hosts that no world has: dead contacts live there, each in a subnet of its own. */
const FIRST_DEAD = 4_000_000
const DEAD_PLACES = 1_500_000

/**
 * Knows all nodes, and gives each the table that it would have in a network at rest: per bucket, contacts drawn from all nodes
 * that belong there, heard of at any time within the last 15 minutes. Ids are sorted once; a bucket is a range of them.
 */
export class Oracle {
  /** In the order of ids. */
  readonly #nodes: readonly SharedNode[]
  readonly #hosts: readonly SimHost[]
  readonly #rank = new Map<SimHost, number>()
  readonly #options: OracleOptions
  readonly #rng: Rng
  /** Whose turn each node was last drawn in, so that none is drawn twice. */
  readonly #drawn: Int32Array
  #dead = 0

  constructor(seed: number, hosts: readonly SimHost[], options: OracleOptions = {}) {
    expectItems(2 * hosts.length)
    this.#options = options
    this.#rng = streamFor(seed, WORLD, 'oracle')
    const all = hosts.map((host) => ({
      host,
      node: nodeAt(host.address(PORT), streamFor(seed, host.index, 'id')),
    }))
    all.sort((a, b) => compareBytes(a.node.id, b.node.id))
    this.#nodes = all.map(({ node }) => node)
    this.#hosts = all.map(({ host }) => host)
    this.#hosts.forEach((host, rank) => {
      this.#rank.set(host, rank)
    })
    this.#drawn = new Int32Array(all.length).fill(-1)
  }

  /** Ids in ascending order. */
  get ids(): readonly Id[] {
    return this.#nodes.map(({ id }) => id)
  }

  idOf(host: SimHost): Id {
    return this.#nodes[this.#rank.get(host)!]!.id
  }

  /** What `host` starts with; the farthest bucket first. */
  handover(host: SimHost): Handover {
    const own = this.#rank.get(host)!
    const { id } = this.#nodes[own]!
    const contacts: SharedNode[] = []
    let low = 0
    let high = this.#nodes.length
    for (let bit = 0; high - low > 1; bit++) {
      const middle = this.#firstWithBit(low, high, bit)
      const isRight = own >= middle
      const [from, to] = isRight ? [low, middle] : [middle, high]
      const size = this.#options.contactsPerBucket ?? DHT_DEFAULTS.wideBuckets[bit] ?? DHT_DEFAULTS.bucketSize
      this.#draw(own, from, to, size, contacts)
      if (isRight) low = middle
      else high = middle
    }
    this.#bury(id, contacts)
    const ages = new Float64Array(contacts.length)
    for (let i = 0; i < ages.length; i++) ages[i] = below(this.#rng, DHT_DEFAULTS.goodFor * SECOND)
    return { id, contacts, ages }
  }

  /** The first of `[low, high)`, which share the bits before, that has this bit. */
  #firstWithBit(low: number, high: number, bit: number): number {
    let first = low
    let end = high
    while (first < end) {
      const middle = (first + end) >> 1
      const isSet = (this.#nodes[middle]!.id[bit >> 3]! & (0x80 >> (bit & 7))) !== 0
      if (isSet) end = middle
      else first = middle + 1
    }
    return first
  }

  /** Adds `size` different nodes of `[from, to)`, or all. */
  #draw(turn: number, from: number, to: number, size: number, contacts: SharedNode[]): void {
    const wanted = Math.min(size, to - from)
    // Floyd's sampling: as many draws as are wanted, whatever the range.
    for (let most = to - wanted; most < to; most++) {
      let rank = from + below(this.#rng, most - from + 1)
      if (this.#drawn[rank] === turn) rank = most
      else rank = this.#older(rank, from, most, turn)
      this.#drawn[rank] = turn
      contacts.push(this.#nodes[rank]!)
    }
  }

  #older(rank: number, from: number, most: number, turn: number): number {
    const { uptime } = this.#options
    if (uptime === undefined) return rank
    const other = from + below(this.#rng, most - from + 1)
    const isOlder = this.#drawn[other] !== turn && uptime(this.#hosts[other]!) > uptime(this.#hosts[rank]!)
    return isOlder ? other : rank
  }

  /** Puts dead contacts in the places of some. */
  #bury(own: Id, contacts: SharedNode[]): void {
    const { deadShare = 0 } = this.#options
    if (deadShare === 0) return
    for (let i = 0; i < contacts.length; i++) {
      if (this.#rng.u32() >= deadShare * 0x1_0000_0000) continue
      const shared = commonPrefix(own, contacts[i]!.id)
      const address = parseAddress(hostOf(FIRST_DEAD + (this.#dead++ % DEAD_PLACES)), PORT)!
      contacts[i] = sharedNode(randomIdWithPrefix(this.#rng, contacts[i]!.id, shared + 1), address)
    }
  }
}

/** With an id that the node keeps, since it fits its address (BEP 42). */
function nodeAt(address: Address, rng: Rng): SharedNode {
  return sharedNode(nodeIdFor(address, rng), address)
}
