import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'

/** One seed, and peers that know a magnet link and one DHT node: they find each other, fetch the metadata and all content. */
export const swarm: Scenario = defineScenario({
  name: 'swarm',
  description: 'Peers download from one seed by magnet link, finding each other through the DHT.',
  parameters: {
    ...SWARM_PARAMETERS,
    limit: { text: 'after which it has failed', fallback: 3_600, min: 1, max: 604_800, unit: 'seconds' },
    copies: {
      text: 'of the content that the seed may send',
      fallback: 3,
      min: 1,
      max: 5_000,
      unit: 'factor',
    },
    loss: { text: 'of datagrams are lost', fallback: 0, min: 0, max: 0.9, unit: 'factor' },
  },
  sizes: {
    small: { peers: 8, length: 1_048_576, piece: 65_536, spread: 5, copies: 5 },
    full: { peers: 100, length: 67_108_864 },
  },
  network: ({ loss }) => ({ loss }),
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => swarmGroups(values),
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.group(DOWNLOADERS).length,
  progress: (stage) => `${stage.completed} of ${stage.group(DOWNLOADERS).length} complete`,
  measure: (stage) => {
    reportDownloads(stage, stage.group(DOWNLOADERS))
    const { values, findings, world } = stage
    const uploaded = stage.group(SEEDS).map((seed) => seed.progress(world.now)?.uploaded ?? 0)
    findings.metric('seedCopies', uploaded.reduce((a, b) => a + b, 0) / values.length)
  },
  criteria: [
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    { name: 'peers whose files are right', metric: 'right', atLeast: 1 },
    { name: 'copies that the seed sent', metric: 'seedCopies', atMost: ({ copies }) => copies },
  ],
})
