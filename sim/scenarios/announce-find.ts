import { randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { AnnouncedPeer } from '../experiment/announced-peer.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'

/** Seconds from the announcement to the first search. */
const LEAD = 30
const PATIENCE = 60

/** One peer announces itself, and again in time; others who look for it over hours must find it. */
export const announceFind: Scenario = defineScenario({
  name: 'announce-find',
  description: 'One announces a peer under a hash, others look for it over hours.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 10, max: 100_000, unit: 'count' },
    seekers: {
      text: 'that look for the peer, spread over the time',
      fallback: 200,
      min: 1,
      max: 10_000,
      unit: 'count',
    },
    settle: { text: 'before the announcement', fallback: 300, min: 1, max: 86_400, unit: 'seconds' },
    period: {
      text: 'between two announcements; 0: only one',
      fallback: 900,
      min: 0,
      max: 86_400,
      unit: 'seconds',
    },
    time: { text: 'in which it is looked for', fallback: 7_200, min: 10, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { nodes: 80, seekers: 60, settle: 120, time: 1_200, period: 600 },
    full: { nodes: 500, time: 21_600 },
  },
  population: ({ nodes }) => dhtGroups(nodes, 3, { kind: 'within', from: 0, seconds: 30 }),
  setup: (stage) => {
    const { settle, seekers, period, time } = stage.values
    const nodes = stage.group(NODES)
    const peer = new AnnouncedPeer(stage, nodes[0]!, randomId(stage.rng))
    peer.announce(settle, period)
    for (let i = 1; i <= seekers; i++) {
      peer.search(
        settle + LEAD + (i * time) / (seekers + 1),
        () => nodes[1 + below(stage.rng, nodes.length - 1)],
      )
    }
    return peer
  },
  duration: ({ settle, time }) => settle + LEAD + time + PATIENCE,
  progress: (_stage, { searches }) => `${searches.length} have looked`,
  measure: ({ findings, values }, peer) => {
    for (const { at, found } of peer.searches) {
      findings.point('found: by the seeker of that time', at * SECOND, found ? 1 : 0)
    }
    findings.metric('asked', peer.searches.length / values.seekers)
    findings.metric('found', peer.foundShare())
    findings.metric('holders', peer.holders)
  },
  criteria: [
    { name: 'seekers whose look-up ended', metric: 'asked', atLeast: 1 },
    { name: 'seekers that found the peer', metric: 'found', atLeast: 0.99 },
    { name: 'nodes that took the announcement', metric: 'holders', atLeast: 6 },
  ],
})
