import { bootHalfOpen } from '../adversaries/half-open.ts'
import { slowLoris as slowPolicies } from '../adversaries/slow-loris.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import {
  DOWNLOADERS,
  reportDownloads,
  SEEDS,
  SWARM_PARAMETERS,
  swarmGroups,
} from '../experiment/swarm-population.ts'
import { PORT } from '../hosts/session-host.ts'

const SILENT = 'silent'
const TRICKLING = 'trickling'
const KNOCKERS = 'knockers'
const TRICKLE = 1
const NEIGHBOURS = 50
const STREAMS_PER_TARGET = 4
const STREAMS = 'streams: of the honest, at most'

/** A third of the peers take up slots and give next to nothing; others only half open streams. */
export const slowLoris: Scenario = defineScenario({
  name: 'slow-loris',
  description:
    'Peers that unchoke and send nothing, or one byte a second, and strangers that never end a handshake.',
  parameters: {
    ...SWARM_PARAMETERS,
    liars: { text: 'of the peers are slow on purpose', fallback: 0.3, min: 0, max: 0.8, unit: 'factor' },
    limit: { text: 'after which it has failed', fallback: 7_200, min: 1, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { peers: 18, length: 4_194_304, piece: 65_536, up: 131_072, spread: 5 },
    full: { peers: 100, length: 33_554_432, up: 262_144, spread: 20 },
  },
  baseline: ({ liars }) => (liars === 0 ? undefined : { liars: 0 }),
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: (values) => {
    const { peers, liars, up, down, spread } = values
    const each = Math.round((liars * peers) / 3)
    const hostile = { isHostile: true, arrival: { kind: 'within', from: 0, seconds: spread } } as const
    const rates = { up, down }
    return [
      // As many honest ones with liars as without, so that times can be compared.
      ...swarmGroups(values),
      { ...hostile, name: SILENT, count: each, host: () => ({ rates }), torrent: { role: 'seed' } },
      {
        ...hostile,
        name: TRICKLING,
        count: each,
        host: () => ({ rates, trickle: TRICKLE }),
        torrent: { role: 'seed' },
      },
      { ...hostile, name: KNOCKERS, count: each, host: () => ({ rates }), machine: 'own' },
    ]
  },
  policies: ({ group: { name } }) => {
    return name === SILENT || name === TRICKLING ? slowPolicies(name) : undefined
  },
  boot: ({ host }, stage) => {
    const targets = [...stage.group(SEEDS), ...stage.group(DOWNLOADERS)].map((one) => one.host.address(PORT))
    const { infoHash } = stage.payload
    bootHalfOpen(host, stage.now, { targets, perTarget: STREAMS_PER_TARGET, infoHash, bytes: 40 })
  },
  probes: [
    {
      series: STREAMS,
      every: 5,
      read: (stage) => {
        return stage.group(DOWNLOADERS).reduce((most, member) => {
          return Math.max(most, member.progress(stage.now)?.peers ?? 0)
        }, 0)
      },
    },
  ],
  duration: ({ limit }) => limit,
  done: (stage) => stage.completed === stage.group(DOWNLOADERS).length,
  progress: (stage) => `${stage.completed} of ${stage.group(DOWNLOADERS).length} complete`,
  measure: (stage) => {
    const { findings, baseline } = stage
    reportDownloads(stage, stage.group(DOWNLOADERS))
    const median = findings.metrics['downloadSecondsMedian']!
    findings.metric('medianOverBound', median / findings.metrics['fluidBoundSeconds']!)
    const before = baseline['downloadSecondsMedian']
    findings.metric('timeOverBaseline', before === undefined ? 1 : median / before)
    findings.metric('peersAtMost', Math.max(0, ...(findings.series[STREAMS] ?? []).map(([, count]) => count)))
  },
  criteria: [
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    { name: 'peers whose files are right', metric: 'right', atLeast: 1 },
    { name: 'neighbours of a peer', metric: 'peersAtMost', atMost: NEIGHBOURS },
    {
      name: 'time to complete, over that without liars',
      metric: 'timeOverBaseline',
      atMost: 1.3,
    },
    {
      name: 'time to complete, over the lower bound of a fluid model',
      metric: 'medianOverBound',
      // So that the time without liars may get shorter, and that with them not longer.
      atMost: ({ peers }) => (peers <= 20 ? 1.9 : undefined),
    },
  ],
})
