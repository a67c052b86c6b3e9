import { SECOND } from '../../src/core/time.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'
import { copiesOf, rarest } from '../experiment/swarm-probes.ts'

/** How often the seed is asked whether it has sent enough. */
const LOOK_EVERY = 0.25

/** The only seed goes away once it has sent so many copies' worth of bytes. */
export const seedLeaves: Scenario = defineScenario({
  name: 'seed-leaves',
  description: 'The only seed leaves for good once it has sent a given number of copies.',
  parameters: {
    ...SWARM_PARAMETERS,
    copies: {
      text: 'of the content that it sends, counted in bytes, before it leaves',
      fallback: 1.2,
      min: 0.1,
      max: 10,
      unit: 'factor',
    },
    patience: { text: 'after which it has ended', fallback: 1_800, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 12, length: 4_194_304, piece: 131_072, up: 262_144, spread: 5, patience: 300 },
    full: { peers: 100, length: 33_554_432, spread: 30 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => swarmGroups(values),
  setup: (stage) => {
    const [seed] = stage.group(SEEDS)
    const enough = stage.values.copies * stage.values.length
    const left = { at: Number.NaN, rarest: Number.NaN }
    const look = (): void => {
      if ((seed!.progress(stage.now)?.uploaded ?? 0) >= enough) {
        left.at = stage.now / SECOND
        left.rarest = rarest(stage, [DOWNLOADERS])
        stage.kill(seed!)
      } else stage.world.at(stage.now + LOOK_EVERY * SECOND, look)
    }
    stage.world.at(SECOND, look)
    return left
  },
  probes: [
    { series: 'copies: of the rarest piece', every: 2, read: (stage) => rarest(stage, [SEEDS, DOWNLOADERS]) },
    { series: 'peers: complete', every: 2, read: (stage) => stage.completed },
  ],
  duration: ({ patience }) => patience,
  done: (stage) => stage.completed === stage.values.peers - 1,
  progress: (stage) => `${stage.completed} of ${stage.values.peers - 1} complete`,
  measure: (stage, left) => {
    reportDownloads(stage, stage.group(DOWNLOADERS))
    stage.findings.metric('seedLeftAtSeconds', left.at)
    stage.findings.metric('copiesOfRarestThen', left.rarest)
    const isOver = stage.completed === stage.values.peers - 1
    const copies = copiesOf(stage, [SEEDS, DOWNLOADERS])
    stage.findings.metric('lostShare', copies.filter((count) => count === 0).length / copies.length)
    stage.findings.metric('left', Number.isNaN(left.at) && !isOver ? 0 : 1)
    const claimed = stage.group(DOWNLOADERS).filter(({ pieces }) => pieces?.full === true)
    stage.findings.metric('wrongThoughComplete', claimed.filter((one) => !stage.holdsAll(one)).length)
  },
  criteria: [
    {
      name: 'downloads that complete without the seed (RS10)',
      metric: 'complete',
      // Of few pieces those that are on their way are too large a part.
      atLeast: ({ copies, length, piece }) => (copies >= 1.2 && length >= 100 * piece ? 1 : undefined),
    },
    {
      name: 'pieces that are lost with the seed',
      metric: 'lostShare',
      // A piece is lost for want of one block. The seed gives what is asked of it, and a twelfth of that twice before it has given all once.
      atMost: ({ copies }) => (copies >= 1.2 ? 0.1 : copies >= 1 ? 0.25 : copies >= 0.9 ? 0.35 : undefined),
    },
    { name: 'the seed has left, or was needed no more', metric: 'left', atLeast: 1 },
    { name: 'peers that say they are complete and are not', metric: 'wrongThoughComplete', atMost: 0 },
  ],
})
