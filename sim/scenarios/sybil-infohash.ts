import { randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { sybils } from '../adversaries/sybils.ts'
import { streamFor } from '../engine/rng.ts'
import { AnnouncedPeer } from '../experiment/announced-peer.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import type { Stage } from '../experiment/stage.ts'
import { PORT } from '../hosts/session-host.ts'
import { WORLD } from '../hosts/sim-host.ts'

const SYBILS = 'sybils'
const SETTLE = 180
const ANNOUNCED_AFTER = 120
const PATIENCE = 60

/** Liars surround an info-hash: whether a peer that is announced under it can still be found. */
export const sybilInfohash: Scenario = defineScenario({
  name: 'sybil-infohash',
  description: 'Sybils settle nearest to an info-hash, swallow announcements and name nobody but themselves.',
  parameters: {
    nodes: { text: 'honest nodes', fallback: 500, min: 20, max: 100_000, unit: 'count' },
    sybils: { text: 'sybils', fallback: 20, min: 0, max: 1_000, unit: 'count' },
    seekers: { text: 'searches', fallback: 200, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: { small: { nodes: 100, sybils: 16, seekers: 50 }, full: { nodes: 2_000, sybils: 32, seekers: 500 } },
  population: ({ nodes, sybils: count }) => [
    ...dhtGroups(nodes, 3, { kind: 'within', from: 0, seconds: 30 }),
    {
      name: SYBILS,
      count,
      isHostile: true,
      arrival: { kind: 'within', from: SETTLE, seconds: 10 },
      session: { listen: false },
    },
  ],
  policies: ({ group }, stage) => {
    if (group.name !== SYBILS) return undefined
    return sybils({
      target: targetOf(stage),
      places: stage.group(SYBILS).map(({ host }) => host.address(PORT)),
    })
  },
  setup: (stage) => {
    const nodes = stage.group(NODES)
    const peer = new AnnouncedPeer(stage, nodes[0]!, targetOf(stage))
    peer.announce(SETTLE + ANNOUNCED_AFTER)
    for (let i = 0; i < stage.values.seekers; i++) {
      const at = SETTLE + ANNOUNCED_AFTER + 30 + i / 2
      peer.search(at, () => nodes[1 + below(stage.rng, nodes.length - 1)])
    }
    return peer
  },
  duration: ({ seekers }) => SETTLE + ANNOUNCED_AFTER + 30 + seekers / 2 + PATIENCE,
  progress: (_stage, { searches }) => `${searches.length} searches ended`,
  measure: ({ findings, values }, peer) => {
    findings.metric('asked', peer.searches.length / values.seekers)
    findings.metric('found', peer.foundShare())
    findings.metric('captured', 1 - peer.foundShare())
  },
  criteria: [
    { name: 'searches that ended', metric: 'asked', atLeast: 1 },
    {
      name: 'searches that found nobody: the attack works',
      metric: 'captured',
      atLeast: ({ sybils: count }) => (count >= 16 ? 0.8 : undefined),
    },
    {
      name: 'searches that found the peer all the same',
      metric: 'found',
      atLeast: 0.95,
      waitsFor: 'The DHT',
    },
  ],
})

/** The hash that all of it is about: a function of the seed alone, since sybils ask for it one by one. */
function targetOf({ world }: Stage<unknown>): Uint8Array {
  return randomId(streamFor(world.seed, WORLD, 'target'))
}
