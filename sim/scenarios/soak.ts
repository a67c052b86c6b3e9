import { dhtGroups, tableQuality } from '../experiment/dht-population.ts'
import { LookupSurvey } from '../experiment/lookup-survey.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { slope } from '../experiment/statistics.ts'
import { CHURN_PROFILES } from '../hosts/churn-profiles.ts'

const HOUR = 3_600
const DAY = 24 * HOUR
const DELIVERED = 'datagrams: delivered in all'
const CONTACTS = 'contacts: of a node'
const STORED = 'stored: peers, over all nodes'

/** Weeks of ordinary life in hours of ours: nothing may grow. */
export const soak: Scenario = defineScenario({
  name: 'soak',
  description:
    'A network lives on for days with churn and look-ups: traffic, tables and stores must not creep.',
  parameters: {
    nodes: { text: 'hosts', fallback: 200, min: 10, max: 100_000, unit: 'count' },
    time: { text: 'of life', fallback: DAY, min: HOUR / 2, max: 60 * DAY, unit: 'seconds' },
    lookups: { text: 'look-ups an hour', fallback: 60, min: 1, max: 10_000, unit: 'count' },
  },
  sizes: { small: { nodes: 40, time: 2 * HOUR }, full: { nodes: 300, time: 2 * DAY } },
  population: ({ nodes }) => dhtGroups(nodes, 3, { kind: 'churn', profile: CHURN_PROFILES.kit }),
  setup: (stage) => {
    const { time, lookups } = stage.values
    const survey = new LookupSurvey(stage)
    survey.plan(
      HOUR / 4,
      Math.floor(((time - HOUR / 4) / HOUR) * lookups),
      HOUR / lookups,
      () => stage.members,
    )
    return survey
  },
  probes: [
    { series: DELIVERED, every: 300, read: ({ world }) => world.udp.delivered },
    { series: CONTACTS, every: 300, read: (stage) => tableQuality(stage, stage.members).contacts },
    {
      series: STORED,
      every: 300,
      read: ({ members, now }) => {
        return members.reduce((sum, member) => {
          const stats = member.isUp ? (member.session?.dhtStats(now) ?? []) : []
          return sum + stats.reduce((peers, one) => peers + one.stats.peers, 0)
        }, 0)
      },
    },
  ],
  duration: ({ time }) => time,
  progress: (_stage, { ended }) => `${ended} look-ups ended`,
  measure: ({ findings, values }, survey) => {
    survey.report()
    const later = (name: string): [number, number][] => {
      return (findings.series[name] ?? []).filter(([at]) => at >= values.time / 2)
    }
    const delivered = later(DELIVERED)
    const middle = delivered[Math.floor(delivered.length / 2)]!
    const rate = (from: readonly [number, number], to: readonly [number, number]): number => {
      return (to[1] - from[1]) / (to[0] - from[0])
    }
    findings.metric('trafficLateOverEarlier', rate(middle, delivered.at(-1)!) / rate(delivered[0]!, middle))
    const contacts = later(CONTACTS)
    findings.metric('contactsGrowthPerDay', (slope(contacts) * DAY) / contacts[0]![1])
    findings.metric('storedAtEnd', later(STORED).at(-1)![1])
    findings.metric('success', survey.found / survey.ended)
  },
  criteria: [
    // Those whose asker died did not end: a few.
    { name: 'look-ups that ended', metric: 'lookupsEnded', atLeast: 0.9 },
    { name: 'look-ups that found at least six of the nearest eight', metric: 'success', atLeast: 0.97 },
    {
      name: 'traffic of the last quarter over that of the third',
      metric: 'trafficLateOverEarlier',
      atMost: ({ time }) => (time >= DAY ? 1.1 : 1.3),
      atLeast: ({ time }) => (time >= DAY ? 0.9 : 0.7),
    },
    { name: 'peers stored at the end by nodes to which nobody announced', metric: 'storedAtEnd', atMost: 0 },
  ],
})
