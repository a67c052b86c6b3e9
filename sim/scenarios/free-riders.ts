import { SECOND } from '../../src/core/time.ts'
import { freeRider } from '../adversaries/free-rider.ts'
import { quantile } from '../experiment/findings.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'

const RIDERS = 'riders'

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
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 16, length: 4_194_304, piece: 65_536, up: 131_072, spread: 5 },
    full: { peers: 120, length: 33_554_432, up: 131_072, spread: 20 },
  },
  baseline: ({ riders }) => (riders === 0 ? undefined : { riders: 0 }),
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => {
    const { peers, riders, view, up, down, spread } = values
    const count = Math.round(riders * (peers - 1))
    return [
      ...swarmGroups({ ...values, peers: peers - count }),
      {
        name: RIDERS,
        count,
        isHostile: true,
        arrival: { kind: 'within', from: 0, seconds: spread },
        host: () => ({ rates: { up, down } }),
        session: view === 0 ? {} : { maxPeers: view },
        torrent: { role: 'download' },
      },
    ]
  },
  policies: ({ group }, { values: { view } }) => {
    return group.name === RIDERS ? freeRider(view === 0 ? {} : { neighbours: view }) : undefined
  },
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
    {
      name: 'time of the honest, over that without riders',
      metric: 'honestOverBaseline',
      atMost: 1.1,
      waitsFor: 'The downloader',
    },
    {
      name: 'time of a rider, over that of the honest',
      metric: 'riderOverHonest',
      atLeast: 1.5,
      waitsFor: 'The downloader',
    },
  ],
})
