import { SECOND } from '../../src/core/time.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  crowdBound,
  DOWNLOADERS,
  fluidBound,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'
import { rarest, UplinkUse } from '../experiment/swarm-probes.ts'

/** How long a line can be busy once everybody has found somebody: from a third to two thirds of the ideal time. */
const MIDDLE = [1 / 3, 2 / 3] as const

/** Everybody comes at once for what one seed has. */
export const flashCrowd: Scenario = defineScenario({
  name: 'flash-crowd',
  description: 'A crowd arrives within a minute for what a single seed has; all stay and give.',
  parameters: {
    ...SWARM_PARAMETERS,
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 16, length: 4_194_304, piece: 131_072, up: 131_072, down: 1_048_576, spread: 5 },
    full: { peers: 1_000, length: 67_108_864, piece: 1_048_576, spread: 60 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => swarmGroups(values),
  setup: (stage) => {
    const { spread, length, up, down } = stage.values
    const members = [...stage.group(SEEDS), ...stage.group(DOWNLOADERS)]
    const ideal = fluidBound(members.length - 1, length, up, down)
    return new UplinkUse(stage, members, spread + MIDDLE[0] * ideal, spread + MIDDLE[1] * ideal)
  },
  probes: [
    {
      series: 'copies: of the rarest piece',
      every: 5,
      read: (stage) => rarest(stage, [SEEDS, DOWNLOADERS]),
    },
    { series: 'peers: complete', every: 1, read: (stage) => stage.completed },
  ],
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.values.peers - 1,
  progress: (stage) => `${stage.completed} of ${stage.values.peers - 1} complete`,
  measure: (stage, uplinks) => {
    const downloads = stage.group(DOWNLOADERS)
    const { values, findings, now } = stage
    reportDownloads(stage, downloads)
    const arrivals = downloads.map(({ arrivedAt }) => (arrivedAt ?? now) / SECOND)
    const bound = crowdBound(arrivals, values.length, values.up, values.down)
    findings.metric('crowdBoundSeconds', bound)
    findings.metric('makespanSeconds', now / SECOND)
    findings.metric('makespanOverBound', now / SECOND / bound)
    findings.metric('uplinkUse', uplinks.share)
  },
  criteria: [
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    { name: 'peers whose files are right', metric: 'right', atLeast: 1 },
    {
      name: 'time over the lower bound of a fluid model',
      metric: 'makespanOverBound',
      // Measured: 300 peers 1.28, a thousand 1.53; why the thousand take longer is not known. Dozens spend most of their time beginning.
      atMost: ({ peers }) => (peers < 200 ? 2.5 : peers < 600 ? 1.4 : 1.65),
    },
    {
      name: 'use of the uplinks in the middle',
      metric: 'uplinkUse',
      atLeast: ({ peers }) => (peers >= 200 ? 0.85 : undefined),
    },
  ],
})
