import { equalBytes } from '../../src/core/bytes.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { streamFor } from '../engine/rng.ts'
import { WORLD } from '../hosts/sim-host.ts'
import type { NetworkOptions } from '../network/network.ts'
import { oracleWalk } from './oracle-walk.ts'
import { type NetworkNature, ProceduralNetwork } from './procedural-network.ts'

const NEAREST = 8
/** Between two look-ups. */
const GAP = 50 * MILLISECOND
/** Who looks has walked so often before, and knows how long answers take. */
const BEFORE = 3
const BEFORE_GAP = 3 * SECOND
const PATIENCE = 60 * SECOND
/** Members of the swarm that is looked for: each announces to the eight that are nearest for it. */
const MEMBERS = 2
const PEER_PORT = 6881

export interface PeerSurveyInit {
  readonly seed: number
  /** Nodes that are alive. */
  readonly size: number
  readonly count: number
  readonly options?: Partial<DhtOptions>
  readonly network?: Partial<NetworkOptions>
  readonly nature?: NetworkNature
}

/** Of look-ups for peers; times in milliseconds, ascending. */
export interface PeerSurvey {
  readonly firstMs: readonly number[]
  readonly endMs: readonly number[]
  /** In the mean, and ascending. */
  readonly queries: number
  /** Share of look-ups that found a peer. */
  readonly found: number
  /** Share of the eight nearest that are alive, of all that were found as such. */
  readonly recall: number
}

/** Latencies with a mean round trip of 180 ms, jitter included, and datagrams that get lost. */
export const LIVE_NETWORK: Partial<NetworkOptions> = { loss: 0.05 }

/** The value below which a share of the ascending `values` lies. */
export function quantile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

interface Plan {
  readonly network: ProceduralNetwork
  readonly trials: readonly {
    readonly asker: number
    readonly members: readonly number[]
    readonly target: Id
  }[]
}

function planOf({ seed, size, count, options, network: ways, nature = {} }: PeerSurveyInit): Plan {
  const all = Math.round(size / (1 - (nature.deadShare ?? 0)))
  const network = new ProceduralNetwork(seed, all, options, ways, nature)
  const rng = streamFor(seed, WORLD, 'peer survey')
  const draw = (): number => {
    for (;;) {
      const rank = below(rng, all)
      if (!network.isDead(rank)) return rank
    }
  }
  const trials = Array.from({ length: count }, () => {
    return { asker: draw(), members: Array.from({ length: MEMBERS }, draw), target: randomId(rng) }
  })
  return { network, trials }
}

/** Look-ups by nodes of the network, each for peers that were announced before. */
export function surveyPeers(init: PeerSurveyInit): PeerSurvey {
  const { network, trials } = planOf(init)
  const { world } = network
  const rng = streamFor(init.seed, WORLD, 'earlier walks')
  const firstMs: number[] = []
  const endMs: number[] = []
  const queries: number[] = []
  let hits = 0
  trials.forEach(({ asker, members, target }, i) => {
    for (const member of members) {
      world.at(i * GAP, () => {
        network
          .node(member)
          .machine.lookup(
            world.now,
            { target, want: 'peers', announce: { port: PEER_PORT, implied: false } },
            { done: () => {} },
          )
      })
    }
    for (let before = 0; before < BEFORE; before++) {
      world.at(i * GAP + before * BEFORE_GAP, () => {
        network
          .node(asker)
          .machine.lookup(world.now, { target: randomId(rng), want: 'nodes' }, { done: () => {} })
      })
    }
    world.at(i * GAP + 5 * BEFORE_GAP, () => {
      const begun = world.now
      let first: number | undefined
      network.node(asker).machine.lookup(
        begun,
        { target, want: 'peers' },
        {
          peers: (now, _peers, from) => {
            if (from !== undefined) first ??= now
          },
          done: (_now, { closest, queries: sent, elapsed }) => {
            if (first !== undefined) firstMs.push((first - begun) / MILLISECOND)
            endMs.push(elapsed / MILLISECOND)
            queries.push(sent)
            const wanted = nearestAlive(network, target, asker)
            hits += wanted.filter((id) => closest.some((found) => equalBytes(found.id, id))).length
          },
        },
      )
    })
  })
  world.run(trials.length * GAP + 5 * BEFORE_GAP + PATIENCE, () => endMs.length === trials.length)
  return {
    firstMs: firstMs.sort((a, b) => a - b),
    endMs: endMs.sort((a, b) => a - b),
    queries: queries.reduce((a, b) => a + b, 0) / queries.length,
    found: firstMs.length / trials.length,
    recall: hits / NEAREST / trials.length,
  }
}

/** The same look-ups by somebody who knows everything about the network. */
export function surveyOracle(init: PeerSurveyInit, parallelism: number): PeerSurvey {
  const { network, trials } = planOf(init)
  const walks = trials.map(({ asker, target }) => {
    const ranks = nearestAlive(network, target, asker).map((id) => network.rankOfId(id))
    return oracleWalk(network, asker, target, new Set(ranks), parallelism)
  })
  const firstMs = walks.flatMap((walk) => walk.firstMs ?? [])
  return {
    firstMs: firstMs.sort((a, b) => a - b),
    endMs: walks.map((walk) => walk.endMs).sort((a, b) => a - b),
    queries: walks.reduce((sum, walk) => sum + walk.queries, 0) / walks.length,
    found: firstMs.length / walks.length,
    recall: 1,
  }
}

/** The nodes that should be found by `asker`: those nearest to `target` of all that are alive. */
function nearestAlive(network: ProceduralNetwork, target: Id, asker: number): readonly Id[] {
  const ids = network
    .nearest(target, 4 * NEAREST)
    .filter((id) => {
      const rank = network.rankOfId(id)
      return rank !== asker && !network.isDead(rank)
    })
    .sort((a, b) => compareDistance(target, a, b))
  return ids.slice(0, NEAREST)
}
