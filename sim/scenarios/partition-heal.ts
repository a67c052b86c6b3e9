import { unit } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import type { Fault } from '../experiment/faults.ts'
import { isFound, LookupSurvey } from '../experiment/lookup-survey.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import type { Stage } from '../experiment/stage.ts'

const SETTLE = 300
const GAP = 2
const PATIENCE = 60
/** A look-up found what is there when it found so many of the nearest eight. */

/** The network falls into two parts, or one part hears the other no more; afterwards it must grow together again. */
export const partitionHeal: Scenario = defineScenario({
  name: 'partition-heal',
  description:
    'The network is cut in two for a while, both ways or one way; then look-ups must reach across again.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 20, max: 100_000, unit: 'count' },
    share: {
      text: 'of the nodes are on the smaller side',
      fallback: 0.5,
      min: 0.01,
      max: 0.5,
      unit: 'factor',
    },
    ways: {
      text: '2: cut both ways, 1: only towards the smaller side',
      fallback: 2,
      min: 1,
      max: 2,
      unit: 'count',
    },
    cut: { text: 'of the cut', fallback: 1_800, min: 1, max: 86_400, unit: 'seconds' },
    heal: { text: 'given for healing', fallback: 1_800, min: 60, max: 86_400, unit: 'seconds' },
  },
  sizes: { small: { nodes: 80, cut: 900, heal: 1_200 }, full: { nodes: 1_000, share: 0.5 } },
  population: ({ nodes }) => dhtGroups(nodes, 4, { kind: 'within', from: 0, seconds: 60 }),
  faults: (stage) => {
    const { cut, ways } = stage.values
    const [small, large] = sidesOf(stage)
    const span = { kind: 'cut', from: SETTLE, until: SETTLE + cut } as const
    const faults: Fault[] = [{ ...span, senders: large, receivers: small }]
    if (ways === 2) faults.push({ ...span, senders: small, receivers: large })
    return faults
  },
  setup: (stage) => {
    const { cut, heal } = stage.values
    const survey = new LookupSurvey(stage)
    const time = SETTLE + cut + heal - SETTLE / 2
    survey.plan(SETTLE / 2, Math.floor(time / GAP), GAP, () => stage.group(NODES))
    return survey
  },
  duration: ({ cut, heal }) => SETTLE + cut + heal + PATIENCE,
  progress: (_stage, { ended }) => `${ended} look-ups ended`,
  measure: (stage, survey) => {
    const { findings, values, world } = stage
    const { cut, heal } = values
    survey.report()
    const successIn = (from: number, until: number): number => {
      const asked = survey.results.filter(
        ({ askedAt }) => askedAt >= from * SECOND && askedAt < until * SECOND,
      )
      return asked.filter(isFound).length / asked.length
    }
    findings.metric('successBefore', successIn(0, SETTLE))
    findings.metric('successDuring', successIn(SETTLE, SETTLE + cut))
    for (let from = 0; from < heal; from += 60) {
      const at = SETTLE + cut + from
      findings.point('success: by minute after the cut', at * SECOND, successIn(at, at + 60))
    }
    findings.metric('successHealed', successIn(SETTLE + cut + heal - 300, SETTLE + cut + heal))
    findings.metric('datagramsPerNodeSecond', world.udp.delivered / (values.nodes * (SETTLE + cut + heal)))
  },
  criteria: [
    { name: 'look-ups that found what is there, before the cut', metric: 'successBefore', atLeast: 0.99 },
    { name: 'look-ups that found what is there, once healed', metric: 'successHealed', atLeast: 0.95 },
    { name: 'datagrams a second of a node: no livelock', metric: 'datagramsPerNodeSecond', atMost: 5 },
  ],
})

/** Hosts of the smaller and of the larger side, by lot. */
function sidesOf(stage: Stage<{ readonly share: number }>): readonly [number[], number[]] {
  const sides: [number[], number[]] = [[], []]
  for (const { host } of stage.members) sides[unit(stage.rng) < stage.values.share ? 0 : 1].push(host.index)
  return sides
}
