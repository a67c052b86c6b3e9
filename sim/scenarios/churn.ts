import { dhtGroups, NODES, tableQuality } from '../experiment/dht-population.ts'
import { LookupSurvey } from '../experiment/lookup-survey.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import { CHURN_PROFILES, stretched } from '../hosts/churn-profiles.ts'

const STALE = 'stale: share of all contacts'
const CONTACTS = 'contacts: of a node'
const PATIENCE = 60

/** Nodes come and go as measured in Mainline, or faster: whether look-ups still find what is there. */
export const churnScenario: Scenario = defineScenario({
  name: 'churn',
  description: 'Nodes come and go with Weibull sessions; look-ups must find those that are there.',
  parameters: {
    nodes: {
      text: 'hosts, half of which are up at any time',
      fallback: 1_000,
      min: 20,
      max: 100_000,
      unit: 'count',
    },
    scale: {
      text: 'of all durations; below 1: more churn',
      fallback: 1,
      min: 0.001,
      max: 100,
      unit: 'factor',
    },
    warm: { text: '1: tables come from an oracle, 0: all join', fallback: 0, min: 0, max: 1, unit: 'count' },
    warmup: { text: 'before look-ups begin', fallback: 900, min: 10, max: 86_400, unit: 'seconds' },
    time: { text: 'of look-ups', fallback: 1_800, min: 10, max: 604_800, unit: 'seconds' },
    lookups: { text: 'look-ups', fallback: 1_000, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: {
    small: { nodes: 160, warmup: 400, time: 300, lookups: 200 },
    full: { nodes: 10_000, warm: 1, lookups: 4_000 },
  },
  population: ({ nodes, scale, warm }) => {
    return dhtGroups(
      nodes,
      4,
      { kind: 'churn', profile: stretched(CHURN_PROFILES.kit, scale) },
      { isWarm: warm === 1 },
    )
  },
  setup: (stage) => {
    const { warmup, time, lookups } = stage.values
    const survey = new LookupSurvey(stage)
    survey.plan(warmup, lookups, time / lookups, () => stage.group(NODES))
    return survey
  },
  probes: [
    { series: STALE, every: 60, read: (stage) => tableQuality(stage, stage.group(NODES)).stale },
    { series: CONTACTS, every: 60, read: (stage) => tableQuality(stage, stage.group(NODES)).contacts },
    { series: 'nodes: up', every: 60, read: ({ members }) => members.filter(({ isUp }) => isUp).length },
  ],
  duration: ({ warmup, time }) => warmup + time + PATIENCE,
  progress: ({ values }, { ended }) => `${ended} of ${values.lookups} look-ups ended`,
  measure: (stage, survey) => {
    const { findings, values, world } = stage
    survey.report()
    const later = (name: string): number[] => {
      return (findings.series[name] ?? []).flatMap(([at, value]) => (at >= values.warmup ? [value] : []))
    }
    // A look-up whose asker died did not end: it is no failure of the look-up.
    findings.metric('success', survey.found / survey.ended)
    findings.metric('stale', mean(later(STALE)))
    const sent = stage.members.reduce((sum, { host }) => sum + host.up.carried, 0)
    const up = mean(later('nodes: up'))
    findings.metric('bytesPerNodeSecond', sent / (up * (values.warmup + values.time + PATIENCE)))
    findings.metric('datagrams', world.udp.delivered)
  },
  criteria: [
    // Those whose asker died did not end: a few.
    { name: 'look-ups that ended', metric: 'lookupsEnded', atLeast: 0.9 },
    {
      name: 'look-ups that found at least six of the nearest eight',
      metric: 'success',
      atLeast: ({ scale }) => (scale >= 1 ? 0.99 : scale >= 0.3 ? 0.95 : undefined),
    },
    {
      name: 'stale contacts in the tables',
      metric: 'stale',
      atMost: ({ scale }) => (scale >= 1 ? 0.08 : undefined),
    },
    { name: 'bytes that a node sends a second, in the mean', metric: 'bytesPerNodeSecond', atMost: 150 },
  ],
})
