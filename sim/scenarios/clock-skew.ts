import { randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import { LookupSurvey } from '../experiment/lookup-survey.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import type { ClockInit } from '../hosts/clock.ts'

const HOUR_MS = 3_600_000
const JUMP_MS = 600_000
const DRIFT_PPM = 200
const GAP = 0.5
const PATIENCE = 60
const ANNOUNCED = 6_881

/** Four kinds of wrong clocks in one network: ahead or behind, fast or slow, and set while running, forward or back. */
export const clockSkew: Scenario = defineScenario({
  name: 'clock-skew',
  description:
    'Clocks are an hour off, run 200 ppm fast or slow, and jump by ten minutes: tokens and refreshes must not care.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 10, max: 100_000, unit: 'count' },
    wrong: { text: 'of the clocks are wrong', fallback: 1, min: 0, max: 1, unit: 'factor' },
    settle: { text: 'before look-ups begin', fallback: 600, min: 10, max: 86_400, unit: 'seconds' },
    lookups: {
      text: 'look-ups, as many of which announce',
      fallback: 400,
      min: 1,
      max: 100_000,
      unit: 'count',
    },
  },
  sizes: {
    small: { nodes: 80, settle: 300, lookups: 150 },
    full: { nodes: 1_000, lookups: 2_000, settle: 1_200 },
  },
  population: ({ nodes, wrong, settle, lookups }) => {
    const end = settle + lookups * GAP
    return dhtGroups(
      nodes,
      3,
      { kind: 'within', from: 0, seconds: 30 },
      {
        host: (index) => (index < wrong * nodes ? { clock: wrongClock(index, end) } : {}),
      },
    )
  },
  setup: (stage) => {
    const { settle, lookups } = stage.values
    const survey = new LookupSurvey(stage)
    survey.plan(settle, lookups, GAP, () => stage.members)
    const taken: number[] = []
    stage.listen((_member, event) => {
      if (event.kind === 'lookup' && event.lookup > lookups) taken.push(event.announced)
    })
    const nodes = stage.group(NODES)
    for (let i = 0; i < lookups; i++) {
      stage.world.at(Math.floor((settle + (i + 0.5) * GAP) * SECOND), () => {
        const target = randomId(stage.rng)
        const member = nodes[below(stage.rng, nodes.length)]!
        member.host.command({
          kind: 'lookup',
          lookup: lookups + 1 + i,
          target,
          want: 'peers',
          announce: ANNOUNCED,
        })
      })
    }
    return { survey, taken }
  },
  duration: ({ settle, lookups }) => settle + lookups * GAP + PATIENCE,
  progress: (_stage, { survey }) => `${survey.ended} look-ups ended`,
  measure: ({ findings, values, world }, { survey, taken }) => {
    survey.report()
    findings.metric('announcements', taken.length / values.lookups)
    findings.metric('announcedTo', mean(taken))
    findings.metric('datagramsPerNode', world.udp.delivered / values.nodes)
  },
  criteria: [
    { name: 'look-ups that ended', metric: 'lookupsEnded', atLeast: 1 },
    { name: 'look-ups that returned exactly the true nearest', metric: 'lookupsExact', atLeast: 0.99 },
    { name: 'announcements that ended', metric: 'announcements', atLeast: 1 },
    { name: 'nodes that took an announcement, in the mean', metric: 'announcedTo', atLeast: 7.9 },
  ],
})

/** Ahead or behind, fast or slow, and set forward or back half way, all eight together. */
function wrongClock(index: number, end: number): ClockInit {
  const sign = (bit: number): 1 | -1 => (((index >> bit) & 1) === 0 ? 1 : -1)
  return {
    skewMs: sign(0) * HOUR_MS,
    driftPpm: sign(1) * DRIFT_PPM,
    jumps: [{ second: Math.floor((end * (1 + (index % 7))) / 8), byMs: sign(2) * JUMP_MS }],
  }
}
