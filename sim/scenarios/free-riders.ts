import { SECOND } from '../../src/core/time.ts'
import { freeRider } from '../adversaries/free-rider.ts'
import { quantile } from '../experiment/findings.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'

const RIDERS = 'riders'
const SHARE = 'share: of the content that a rider has'
const SPARE = 'In a small world more slots than peers have earned go by lot, and so to riders'
/** From so many peers on there are more that have earned a slot than slots. */
const CROWD = 100
const DONE = 'peers: honest and complete'

/** Some only take, in part with a large view of the swarm: it should not pay, and should not hurt much. */
export const freeRiders: Scenario = defineScenario({
  name: 'free-riders',
  description: 'Some peers never give; with a large view they know many more peers than the others.',
  parameters: {
    ...SWARM_PARAMETERS,
    riders: { text: 'of the downloaders never give', fallback: 0.2, min: 0, max: 0.8, unit: 'factor' },
    view: {
      text: 'neighbours that a rider keeps; 0: as many as everybody',
      fallback: 0,
      min: 0,
      max: 5_000,
      unit: 'count',
    },
    seed: { text: "the seed's line, over a peer's", fallback: 4, min: 0.1, max: 1_000, unit: 'factor' },
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 16, length: 4_194_304, piece: 65_536, up: 131_072, spread: 5 },
    full: { peers: 120, length: 33_554_432, up: 131_072, spread: 20 },
  },
  baseline: ({ riders }) => (riders === 0 ? undefined : { riders: 0 }),
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => {
    const { peers, riders, view, seed, up, down, spread } = values
    const count = Math.round(riders * (peers - 1))
    const host = (): { rates: { up: number; down: number } } => ({ rates: { up, down } })
    return [
      // Were it no faster than they, all would wait for the seed alike, whoever gives to whom.
      ...swarmGroups({ ...values, up: seed * up, peers: peers - count }, { host }),
      {
        name: RIDERS,
        count,
        isHostile: true,
        arrival: { kind: 'within', from: 0, seconds: spread },
        host,
        session: view === 0 ? {} : { maxPeers: view },
        torrent: { role: 'download' },
      },
    ]
  },
  policies: ({ group }, { values: { view } }) => {
    return group.name === RIDERS ? freeRider(view === 0 ? {} : { neighbours: view }) : undefined
  },
  probes: [
    {
      series: SHARE,
      every: 1,
      read: (stage) => {
        const riders = stage.group(RIDERS)
        const { pieceCount } = stage.payload.geometry
        return mean(riders.map(({ pieces }) => (pieces?.count ?? 0) / pieceCount))
      },
    },
    {
      series: DONE,
      every: 1,
      read: (stage) => stage.group(DOWNLOADERS).filter(({ doneAt }) => doneAt !== undefined).length,
    },
  ],
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.values.peers - 1,
  progress: (stage) => `${stage.completed} of ${stage.values.peers - 1} complete`,
  measure: (stage) => {
    const { findings, baseline } = stage
    reportDownloads(stage, stage.group(DOWNLOADERS))
    const riders = stage.group(RIDERS).flatMap(({ doneAt, arrivedAt }) => {
      return doneAt === undefined ? [] : [(doneAt - arrivedAt!) / SECOND]
    })
    const honest = findings.metrics['downloadSecondsMedian']!
    findings.metric('honestOverBaseline', honest / (baseline['downloadSecondsMedian'] ?? honest))
    findings.distribution('riderSeconds', riders)
    // Later the honest are seeds, of whom it gets as much as anybody: how much slower it is shows before.
    const half = stage.group(DOWNLOADERS).length / 2
    const halfAt = findings.series[DONE]?.find(([, complete]) => complete >= half)?.[0]
    const shareThen = findings.series[SHARE]?.find(([at]) => at === halfAt)?.[1] ?? Number.NaN
    findings.metric('riderSlowness', 1 / shareThen)
    findings.metric(
      'riderOverHonest',
      quantile(
        riders.sort((a, b) => a - b),
        0.5,
      ) / honest,
    )
  },
  criteria: [
    { name: 'honest peers complete', metric: 'complete', atLeast: 1 },
    { name: 'time of the honest, over that without riders', metric: 'honestOverBaseline', atMost: 1.35 },
    {
      name: 'time of the honest close to that without riders',
      metric: 'honestOverBaseline',
      atMost: 1.1,
      waitsFor: 'Less for riders by lot and by turns of the seed: 1.11 with 120 peers',
    },
    {
      name: 'what the honest have, over what a rider has, when half of the honest are complete',
      metric: 'riderSlowness',
      atLeast: ({ peers }) => (peers < CROWD ? 1 : 1.5),
    },
    {
      name: 'that a rider is slower while the honest are no seeds yet',
      metric: 'riderSlowness',
      atLeast: ({ peers }) => (peers < CROWD ? 1.5 : undefined),
      waitsFor: SPARE,
    },
  ],
})
