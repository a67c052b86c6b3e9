import { dhtGroups } from '../experiment/dht-population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { settledLookups } from '../experiment/settled-lookups.ts'

const GAP = 0.1
const PATIENCE = 120

/** What share of datagrams may be lost before look-ups suffer. */
export const lossSweep: Scenario = defineScenario({
  name: 'loss-sweep',
  description: 'Datagrams are lost at a given rate, from the first join on.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 500, min: 10, max: 100_000, unit: 'count' },
    loss: { text: 'of datagrams are lost', fallback: 0.05, min: 0, max: 0.9, unit: 'factor' },
    spread: { text: 'in which they join', fallback: 60, min: 0, max: 3_600, unit: 'seconds' },
    settle: {
      text: 'from the last join to the look-ups',
      fallback: 400,
      min: 1,
      max: 86_400,
      unit: 'seconds',
    },
    lookups: { text: 'look-ups', fallback: 1_000, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: {
    small: { nodes: 100, settle: 200, spread: 20, lookups: 200 },
    full: { nodes: 1_500, lookups: 3_000 },
  },
  network: ({ loss }) => ({ loss }),
  population: ({ nodes, spread }) => dhtGroups(nodes, 3, { kind: 'within', from: 0, seconds: spread }),
  ...settledLookups(GAP, PATIENCE),
  measure: ({ findings }, survey) => {
    survey.report()
    findings.metric('success', survey.found / survey.asked)
  },
  criteria: [
    {
      name: 'look-ups that found at least six of the nearest eight',
      metric: 'success',
      atLeast: ({ loss }) => (loss <= 0.05 ? 0.99 : loss <= 0.1 ? 0.95 : loss <= 0.3 ? 0.8 : undefined),
    },
  ],
})
