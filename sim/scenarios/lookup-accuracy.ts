import { settledGroups } from '../experiment/dht-population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { settledLookups } from '../experiment/settled-lookups.ts'

const GAP = 0.02
const PATIENCE = 60

/** A quiet network: every look-up must find exactly the nodes that are nearest, in few queries. */
export const lookupAccuracy: Scenario = defineScenario({
  name: 'lookup-accuracy',
  description: 'A settled network without churn: how exact look-ups are, and what they cost.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 1_000, min: 2, max: 100_000, unit: 'count' },
    spread: { text: 'in which they join', fallback: 60, min: 0, max: 3_600, unit: 'seconds' },
    warm: { text: '1: tables come from an oracle, 0: all join', fallback: 0, min: 0, max: 1, unit: 'count' },
    settle: {
      text: 'from the last join to the look-ups',
      fallback: 400,
      min: 1,
      max: 86_400,
      unit: 'seconds',
    },
    lookups: { text: 'look-ups', fallback: 2_000, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: {
    small: { nodes: 100, spread: 20, settle: 200, lookups: 400 },
    full: { nodes: 3_000, lookups: 5_000 },
  },
  population: ({ nodes, spread, warm }) => settledGroups(nodes, 3, spread, warm === 1),
  ...settledLookups(GAP, PATIENCE),
  measure: (_stage, survey) => survey.report(),
  criteria: [
    { name: 'look-ups ended', metric: 'lookupsEnded', atLeast: 1 },
    { name: 'look-ups that returned exactly the true nearest', metric: 'lookupsExact', atLeast: 0.995 },
    { name: 'queries of a look-up, in the median', metric: 'lookupQueriesMedian', atMost: 18 },
    { name: 'time of a look-up, in the 95th percentile', metric: 'lookupMsP95', atMost: 2_000 },
  ],
})
