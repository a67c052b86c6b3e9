import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { streamFor } from '../engine/rng.ts'
import { mean } from '../experiment/statistics.ts'
import { WORLD } from '../hosts/sim-host.ts'
import type { NetworkOptions } from '../network/network.ts'
import { type Eagerness, type IdealWalk, idealWalk } from './ideal-walk.ts'
import { ProceduralNetwork } from './procedural-network.ts'
import { Referrals } from './referrals.ts'

const NEAREST = 8
/** Between two look-ups: all are over long before anything in a table grows old. */
const GAP = 10 * MILLISECOND
const PATIENCE = 60 * SECOND

/** All nodes are equally far from each other, as on paper. */
export const EQUAL_WAYS: Partial<NetworkOptions> = {
  regions: [{ x: 0, y: 0, side: 0, weight: 1 }],
  lowestHeight: 40 * MILLISECOND,
  highestHeight: 40 * MILLISECOND,
  detour: 0,
  jitter: 0,
}

export interface SurveyInit {
  readonly seed: number
  /** Nodes of the network. */
  readonly size: number
  /** Look-ups. */
  readonly count: number
  readonly options?: Partial<DhtOptions>
  readonly network?: Partial<NetworkOptions>
}

export interface HopSurvey {
  /** Means over all look-ups. */
  readonly hops: number
  readonly queries: number
  /** Milliseconds, in the median. */
  readonly ms: number
  /** Share of look-ups that ended with exactly the eight nearest. */
  readonly exact: number
  /** Contacts of the askers, in the mean. */
  readonly contacts: number
  /** How many of the network's nodes had to exist. */
  readonly met: number
}

/** Look-ups of random targets by random nodes of a network at rest. */
export function surveyHops(init: SurveyInit): HopSurvey {
  const { seed, size, count } = init
  const network = new ProceduralNetwork(seed, size, init.options, init.network)
  const { world } = network
  const referrals = new Referrals(world.udp)
  const rng = streamFor(seed, WORLD, 'hop survey')
  const hops: number[] = []
  const queries: number[] = []
  const times: number[] = []
  const contacts: number[] = []
  let exact = 0
  const ask = (): void => {
    const rank = below(rng, size)
    const target = randomId(rng)
    const { host, machine } = network.node(rank)
    contacts.push(network.handover(rank).contacts.length)
    const wanted = nearestOthers(network, target, rank)
    referrals.follow(host.index, target)
    machine.lookup(
      world.now,
      { target, want: 'nodes' },
      {
        done: (_now, { closest, queries: sent, elapsed }) => {
          const nearest = closest[0]
          if (nearest === undefined) return
          hops.push(referrals.hopsTo(host.index, target, nearest.address.text))
          queries.push(sent)
          times.push(elapsed / MILLISECOND)
          if (closest.length === NEAREST && closest.every(({ id }) => wanted.has(toHex(id)))) exact += 1
        },
      },
    )
  }
  for (let i = 0; i < count; i++) world.at(i * GAP, ask)
  world.run(count * GAP + PATIENCE, () => queries.length === count)
  times.sort((a, b) => a - b)
  return {
    hops: mean(hops),
    queries: mean(queries),
    ms: times[times.length >> 1] ?? Number.NaN,
    exact: exact / count,
    contacts: mean(contacts),
    met: network.met,
  }
}

/** The same look-ups as a model on paper: means. */
export function surveyOnPaper(init: SurveyInit, eagerness: Eagerness): IdealWalk {
  const { seed, size, count, options } = init
  const network = new ProceduralNetwork(seed, size, options)
  const rng = streamFor(seed, WORLD, 'hop survey')
  const walks = Array.from({ length: count }, () => {
    const rank = below(rng, size)
    return idealWalk(network, rank, randomId(rng), network.options.lookupParallelism, eagerness)
  })
  return { hops: mean(walks.map(({ hops }) => hops)), queries: mean(walks.map((walk) => walk.queries)) }
}

/** The ids that a look-up should find, in hex: a node does not find itself. */
function nearestOthers(network: ProceduralNetwork, target: Id, rank: number): ReadonlySet<string> {
  const own = network.tree.idOf(rank)
  const nearest = network
    .nearest(target, NEAREST + 1)
    .filter((id) => !equalBytes(id, own))
    .sort((a, b) => compareDistance(target, a, b))
  return new Set(nearest.slice(0, NEAREST).map(toHex))
}
