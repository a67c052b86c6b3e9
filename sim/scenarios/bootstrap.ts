import { MILLISECOND } from '../../src/core/time.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { settledLookups } from '../experiment/settled-lookups.ts'

/**
 * A node with 64 good contacts verifies those that it never asked once they were silent for 90 s, so it takes minutes after
 * the last join until all know all they should.
 */
const SETTLE = 300
/** Seconds between two look-ups that begin. */
const LOOKUP_GAP = 0.05
const LOOKUP_PATIENCE = 60

/** Nodes join an empty DHT through few entry points; then look-ups must find exactly the nodes that are nearest. */
export const bootstrap: Scenario = defineScenario({
  name: 'bootstrap',
  description: 'Nodes join a DHT through a few entry points, then look up random targets.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 2, max: 100_000, unit: 'count' },
    entries: { text: 'nodes that the others know', fallback: 2, min: 1, max: 16, unit: 'count' },
    spread: { text: 'in which they join', fallback: 60, min: 0, max: 3_600, unit: 'seconds' },
    settle: {
      text: 'from the last join to the look-ups',
      fallback: SETTLE,
      min: 1,
      max: 86_400,
      unit: 'seconds',
    },
    lookups: { text: 'look-ups', fallback: 500, min: 1, max: 100_000, unit: 'count' },
    loss: { text: 'of datagrams are lost', fallback: 0, min: 0, max: 0.9, unit: 'factor' },
  },
  sizes: {
    small: { nodes: 60, spread: 20, settle: 20, lookups: 100 },
    full: { nodes: 1_000, lookups: 2_000 },
  },
  network: ({ loss }) => ({ loss }),
  population: ({ nodes, entries, spread }) => [
    {
      name: 'entries',
      count: Math.min(entries, nodes),
      arrival: { kind: 'at', second: 0 },
      session: { listen: false },
    },
    {
      name: 'nodes',
      count: Math.max(0, nodes - entries),
      arrival: { kind: 'within', from: 0, seconds: spread },
      session: { listen: false },
    },
  ],
  ...settledLookups(LOOKUP_GAP, LOOKUP_PATIENCE),
  progress: ({ members, values }, { ended }) => {
    const joined = members.filter(({ readyAt }) => readyAt !== undefined).length
    return `${joined} of ${values.nodes} joined, ${ended} of ${values.lookups} look-ups ended`
  },
  measure: ({ members, world, findings }, survey) => {
    const joined = members.filter(({ readyAt }) => readyAt !== undefined)
    findings.distribution(
      'joinMs',
      joined.map(({ readyAt, arrivedAt }) => (readyAt! - arrivedAt!) / MILLISECOND),
    )
    survey.report()
    findings.metric('joined', joined.length)
    findings.metric('datagrams', world.udp.delivered)
  },
  criteria: [
    { name: 'nodes joined', metric: 'joined', atLeast: ({ nodes }) => nodes },
    { name: 'look-ups ended', metric: 'lookupsEnded', atLeast: 1 },
    {
      name: 'look-ups that returned exactly the true nearest',
      metric: 'lookupsExact',
      atLeast: ({ loss }) => (loss === 0 ? 0.99 : undefined),
    },
  ],
})
