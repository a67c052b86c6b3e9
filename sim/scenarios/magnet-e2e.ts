import { SECOND } from '../../src/core/time.ts'
import { type MetadataLie, metadataLiar } from '../adversaries/metadata-liar.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'

const LIARS = 'liars'
const LIES: readonly MetadataLie[] = ['wrong-size', 'wrong-bytes', 'huge-size', 'silence', 'reject']

/** From a magnet link to the last byte, with neighbours that lie about the metadata in every way. */
export const magnetE2e: Scenario = defineScenario({
  name: 'magnet-e2e',
  description:
    'From a magnet link over peers and metadata to the content, among peers that lie about the metadata.',
  parameters: {
    ...SWARM_PARAMETERS,
    liars: {
      text: 'more peers that lie about the metadata',
      fallback: 10,
      min: 0,
      max: 1_000,
      unit: 'count',
    },
    limit: { text: 'after which it has failed', fallback: 3_600, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 12, length: 4_194_304, piece: 16_384, up: 524_288, spread: 20, liars: 5 },
    full: { peers: 50, length: 67_108_864, piece: 65_536, up: 2_097_152, spread: 60, liars: 20 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => [
    ...swarmGroups(values),
    {
      name: LIARS,
      count: values.liars,
      isHostile: true,
      arrival: { kind: 'at', second: 1 },
      host: () => ({ rates: { up: values.up, down: values.down } }),
      torrent: { role: 'seed' },
    },
  ],
  policies: ({ group, index }, { payload }) => {
    if (group.name !== LIARS) return undefined
    return metadataLiar({ lie: LIES[index % LIES.length]!, trueSize: payload.info.length })
  },
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.group(DOWNLOADERS).length,
  progress: (stage) => `${stage.completed} of ${stage.group(DOWNLOADERS).length} complete`,
  measure: (stage) => {
    const members = stage.group(DOWNLOADERS)
    reportDownloads(stage, members)
    const seconds = members.flatMap(({ metadataAt, arrivedAt }) => {
      return metadataAt === undefined ? [] : [(metadataAt - arrivedAt!) / SECOND]
    })
    stage.findings.metric('metadata', seconds.length / members.length)
    stage.findings.distribution('metadataSeconds', seconds)
  },
  criteria: [
    { name: 'peers that got the metadata', metric: 'metadata', atLeast: 1 },
    { name: 'seconds to the metadata, in the 95th percentile', metric: 'metadataSecondsP95', atMost: 10 },
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    { name: 'peers whose files are right', metric: 'right', atLeast: 1 },
  ],
})
