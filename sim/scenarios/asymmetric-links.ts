import { SECOND } from '../../src/core/time.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean, rankCorrelation } from '../experiment/statistics.ts'
import {
  DOWNLOADERS,
  fluidBound,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'
import { UplinkUse } from '../experiment/swarm-probes.ts'

/** Uplinks of the three classes, over the middle one. */
const CLASSES = [0.5, 1, 2] as const
const DOWN_OVER_UP = 8
const FASTEST = Math.max(...CLASSES)

/** Lines that take eight times what they give, in three classes: who gives more should get more. */
export const asymmetricLinks: Scenario = defineScenario({
  name: 'asymmetric-links',
  description: 'Three classes of lines, each with eight times more down than up, and a seed of the fastest.',
  parameters: {
    ...SWARM_PARAMETERS,
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 19, length: 4_194_304, piece: 65_536, up: 65_536, spread: 5 },
    full: { peers: 151, length: 33_554_432, up: 131_072, spread: 20 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => {
    const { up } = values
    // A seed that gives no more than its peers would be what they all wait for, whatever they give each other.
    return swarmGroups(
      { ...values, up: FASTEST * up, down: FASTEST * up * DOWN_OVER_UP },
      {
        host: (index) => {
          const own = up * CLASSES[index % CLASSES.length]!
          return { rates: { up: own, down: own * DOWN_OVER_UP } }
        },
      },
    )
  },
  setup: (stage) => {
    const { spread, length, up } = stage.values
    const members = stage.group(DOWNLOADERS)
    const ideal = fluidBound(members.length, length, mean(CLASSES) * up, DOWN_OVER_UP * up)
    return new UplinkUse(
      stage,
      [...members, ...stage.group(SEEDS)],
      spread + ideal / 3,
      spread + (2 * ideal) / 3,
    )
  },
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.values.peers - 1,
  progress: (stage) => `${stage.completed} of ${stage.values.peers - 1} complete`,
  measure: (stage, uplinks) => {
    const { values, findings, now } = stage
    const members = stage.group(DOWNLOADERS)
    reportDownloads(stage, members)
    findings.metric('uplinkUse', uplinks.share)
    const rates = members.flatMap(({ host, doneAt, arrivedAt }) => {
      return doneAt === undefined
        ? []
        : [[host.up.rate, (values.length * SECOND) / (doneAt - arrivedAt!)] as const]
    })
    findings.metric('rankCorrelation', rankCorrelation(rates))
    for (const share of CLASSES) {
      const own = members.filter(({ host }) => host.up.rate === share * values.up)
      const given = own.map((member) => (member.progress(now)?.uploaded ?? 0) / values.length)
      findings.distribution(`shareRatioOfClass${share}`, given)
    }
  },
  criteria: [
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    {
      name: 'use of the uplinks in the middle',
      metric: 'uplinkUse',
      atLeast: ({ peers }) => (peers >= 100 ? 0.9 : 0.8),
    },
    {
      name: 'rank correlation of what a line gives and what its peer gets',
      metric: 'rankCorrelation',
      // A dozen and a half are too few to choose among: 0.25 to 0.77 with six seeds.
      atLeast: ({ peers }) => (peers >= 100 ? 0.7 : undefined),
    },
  ],
})
