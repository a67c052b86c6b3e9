import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'
import { interest, rarest } from '../experiment/swarm-probes.ts'

/** The most that the option takes: more than there are pieces. */
const MOST_RANDOM = 1_024
const INTEREST = 'interest: among the incomplete'
const RAREST = 'copies: of the rarest piece'

/** A weak seed: what the choice of pieces is worth. Run it with picker 0 and 1 over the same seeds and compare. */
export const rarestVsRandom: Scenario = defineScenario({
  name: 'rarest-vs-random',
  description: 'A seed no faster than any peer; pieces are chosen rarest first, or at random.',
  parameters: {
    ...SWARM_PARAMETERS,
    picker: { text: '0: rarest first, 1: at random', fallback: 0, min: 0, max: 1, unit: 'count' },
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 16, length: 4_194_304, piece: 65_536, up: 131_072, spread: 2 },
    // As many arrive before the first copy is out as after it: a crowd that came at once would be done by then.
    full: { peers: 100, length: 33_554_432, piece: 262_144, up: 262_144, spread: 600 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => swarmGroups(values),
  policies: (_member, { values }) => {
    return values.picker === 1
      ? { swarm: { options: { randomPieces: MOST_RANDOM, scarceFirst: 0 } } }
      : undefined
  },
  probes: [
    { series: RAREST, every: 1, read: (stage) => rarest(stage, [SEEDS, DOWNLOADERS]) },
    { series: INTEREST, every: 2, read: (stage) => interest(stage.group(DOWNLOADERS)) },
  ],
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.values.peers - 1,
  progress: (stage) => `${stage.completed} of ${stage.values.peers - 1} complete`,
  measure: (stage) => {
    const { findings } = stage
    reportDownloads(stage, stage.group(DOWNLOADERS))
    // The seed's own copy apart, every piece has been sent once from here on.
    const fullCopyAt = (findings.series[RAREST] ?? []).find(([, copies]) => copies >= 2)?.[0]
    const after = (findings.series[INTEREST] ?? []).filter(
      ([at]) => at >= (fullCopyAt ?? Number.POSITIVE_INFINITY),
    )
    findings.metric('secondsToFirstFullCopy', fullCopyAt ?? Number.NaN)
    findings.distribution(
      'interest',
      after.map(([, share]) => share),
    )
    findings.metric('interestMean', mean(after.map(([, share]) => share)))
    findings.metric(
      'interestP20',
      after.map(([, share]) => share).sort((a, b) => a - b)[Math.floor(after.length / 5)] ?? Number.NaN,
    )
  },
  criteria: [
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    {
      name: 'pairs of peers of which one can use the other, four fifths of the time after the first copy',
      metric: 'interestP20',
      // A dozen peers are nearly done when the first copy is out.
      atLeast: ({ picker, peers }) => (picker === 0 && peers >= 60 ? 0.8 : undefined),
    },
  ],
})
