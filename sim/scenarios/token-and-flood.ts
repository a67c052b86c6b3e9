import { randomId } from '../../src/core/id.ts'
import { bootFlooder, type Flooder } from '../adversaries/flooder.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import { LookupSurvey } from '../experiment/lookup-survey.ts'
import type { Member } from '../experiment/member.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { PORT } from '../hosts/session-host.ts'

const FLOODERS = 'flooders'
const METHODS = ['announce_peer', 'get_peers', 'find_node', 'ping'] as const
const SETTLE = 200
const GAP = 0.2
const PATIENCE = 60

/** Floods of queries and of announcements with tokens that nobody issued, while the honest go on looking things up. */
export const tokenAndFlood: Scenario = defineScenario({
  name: 'token-and-flood',
  description:
    'Flooders forge announcements and ask without end; nothing may be stored, and the honest must not suffer.',
  parameters: {
    nodes: { text: 'honest nodes', fallback: 200, min: 20, max: 100_000, unit: 'count' },
    flooders: { text: 'flooders', fallback: 4, min: 0, max: 1_000, unit: 'count' },
    rate: { text: 'datagrams a second of each', fallback: 1_000, min: 1, max: 100_000, unit: 'count' },
    victims: { text: 'nodes that each floods', fallback: 5, min: 1, max: 10_000, unit: 'count' },
    lookups: { text: 'look-ups of the honest', fallback: 300, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: {
    small: { nodes: 80, flooders: 4, rate: 400, lookups: 100 },
    full: { nodes: 500, flooders: 8, rate: 2_000, lookups: 600 },
  },
  baseline: ({ flooders }) => (flooders === 0 ? undefined : { flooders: 0 }),
  population: ({ nodes, flooders }) => [
    ...dhtGroups(nodes, 3, { kind: 'within', from: 0, seconds: 30 }),
    {
      name: FLOODERS,
      count: flooders,
      isHostile: true,
      arrival: { kind: 'at', second: SETTLE },
      machine: 'own',
    },
  ],
  setup: (stage) => {
    const survey = new LookupSurvey(stage)
    survey.plan(SETTLE + 5, stage.values.lookups, GAP, () => stage.group(NODES))
    return survey
  },
  boot: (member, stage) => {
    const nodes = stage.group(NODES)
    const { rate, victims } = stage.values
    const targets = Array.from({ length: Math.min(victims, nodes.length) }, (_, i) => {
      return nodes[(member.index + i * METHODS.length) % nodes.length]!.host.address(PORT)
    })
    const method = METHODS[member.index % METHODS.length]!
    const flood = { targets, perSecond: rate, method }
    bootFlooder(
      member.host,
      stage.now,
      method === 'announce_peer' ? { ...flood, infoHash: randomId(stage.rng) } : flood,
    )
  },
  duration: ({ lookups }) => SETTLE + 5 + lookups * GAP + PATIENCE,
  done: ({ values }, survey) => survey.ended === values.lookups,
  progress: ({ values }, { ended }) => `${ended} of ${values.lookups} look-ups ended`,
  measure: (stage, survey) => {
    const { findings, baseline, now } = stage
    survey.report()
    const floods = stage.group(FLOODERS).map(flooderOf)
    const announces = floods.filter((_, i) => METHODS[i % METHODS.length] === 'announce_peer')
    const stored = stage.group(NODES).map(({ session }) => session?.dhtStats(now)[0]?.stats.peers ?? 0)
    findings.metric('forgedAnnouncements', sum(announces.map(({ queries }) => queries)))
    findings.metric('forgedAccepted', sum(announces.map(({ responses }) => responses)))
    findings.metric('stored', sum(stored))
    findings.metric('floodDatagrams', sum(floods.map(({ queries }) => queries)))
    const sent = sum(floods.map(({ sentBytes }) => sentBytes))
    findings.metric(
      'repliesOverQueries',
      floods.length === 0 ? 0 : sum(floods.map(({ receivedBytes }) => receivedBytes)) / sent,
    )
    const before = baseline['lookupMsP95'] ?? findings.metrics['lookupMsP95']!
    findings.metric('lookupMsP95OverBaseline', findings.metrics['lookupMsP95']! / before)
  },
  criteria: [
    { name: 'announcements with forged tokens that were taken', metric: 'forgedAccepted', atMost: 0 },
    { name: 'peers stored by nodes to which nobody announced', metric: 'stored', atMost: 0 },
    { name: 'bytes of replies over bytes of floods', metric: 'repliesOverQueries', atMost: 11.1 },
    {
      name: 'time of an honest look-up, in the 95th percentile, over that in peace',
      metric: 'lookupMsP95OverBaseline',
      atMost: 2,
    },
    { name: 'honest look-ups that returned exactly the true nearest', metric: 'lookupsExact', atLeast: 0.95 },
  ],
})

function flooderOf({ host }: Member): Flooder {
  return host.machine as Flooder
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
