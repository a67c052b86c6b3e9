import { poisoner } from '../adversaries/poisoner.ts'
import { Bans } from '../experiment/bans.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'

const POISONERS = 'poisoners'

/** Some who have everything send blocks with a wrong byte now and then: nobody may keep one, and the liars must be found. */
export const poisonedPieces: Scenario = defineScenario({
  name: 'poisoned-pieces',
  description: 'Some peers spoil a share of the blocks that they send.',
  parameters: {
    ...SWARM_PARAMETERS,
    liars: { text: 'of the peers spoil blocks', fallback: 0.1, min: 0, max: 0.9, unit: 'factor' },
    spoilt: { text: 'of their blocks are spoilt', fallback: 0.05, min: 0, max: 1, unit: 'factor' },
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 16, length: 8_388_608, piece: 131_072, up: 524_288, spread: 5 },
    full: { peers: 100, length: 67_108_864, spread: 20 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => {
    const { peers, liars, up, down } = values
    const count = Math.max(1, Math.round(liars * peers))
    return [
      ...swarmGroups({ ...values, peers: peers - count }),
      {
        name: POISONERS,
        count,
        arrival: { kind: 'at', second: 0 },
        isHostile: true,
        host: () => ({ rates: { up, down } }),
        torrent: { role: 'seed' },
      },
    ]
  },
  policies: ({ group }, { values }) =>
    group.name === POISONERS ? poisoner({ share: values.spoilt }) : undefined,
  setup: (stage) => new Bans(stage),
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.group(DOWNLOADERS).length,
  progress: (stage) => `${stage.completed} of ${stage.group(DOWNLOADERS).length} complete`,
  measure: (stage, bans) => {
    const members = stage.group(DOWNLOADERS)
    reportDownloads(stage, members)
    stage.findings.metric('honestBanned', bans.of('honest').length)
    stage.findings.metric('bansPerLiar', bans.of('hostile').length / stage.group(POISONERS).length)
    stage.findings.distribution('secondsToBan', bans.secondsToBan)
  },
  criteria: [
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    { name: 'peers whose files are right', metric: 'right', atLeast: 1 },
    { name: 'payload that was fetched in vain', metric: 'wastedShare', atMost: 0.15 },
    { name: 'honest peers that were banned', metric: 'honestBanned', atMost: 0 },
    { name: 'peers that banned a liar, per liar', metric: 'bansPerLiar', atLeast: 0.5 },
  ],
})
