import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import { DOWNLOADERS, LASTING_NODES, ROUTER, SEEDS } from '../experiment/swarm-population.ts'
import { rarest } from '../experiment/swarm-probes.ts'

/** Downloads that have arrived and not left, as a line over time. */
const POPULATION = 'peers: downloading'
/** The last part of the time, over which those who wait at the end are averaged. */
const END = 0.1

/**
 * The missing-piece syndrome (Hajek and Zhu 2010): when peers leave the moment they are complete, a swarm is stable only
 * while fewer arrive than the seed sends copies of one piece; above that nearly everybody waits for the same piece.
 */
export const missingPiece: Scenario = defineScenario({
  name: 'missing-piece',
  description:
    "Peers arrive at a multiple of the seed's rate in pieces, and leave the moment they are complete.",
  parameters: {
    load: {
      text: 'arrivals per piece that the seed can send',
      fallback: 0.8,
      min: 0.1,
      max: 4,
      unit: 'factor',
    },
    pieces: { text: 'pieces', fallback: 8, min: 1, max: 1_000, unit: 'count' },
    piece: { text: 'of a piece', fallback: 65_536, min: 16_384, max: 16_777_216, unit: 'bytes' },
    seedUp: {
      text: "a second, of the seed's line",
      fallback: 16_384,
      min: 1_024,
      max: 2 ** 40,
      unit: 'bytes',
    },
    up: { text: "a second, of each peer's line", fallback: 262_144, min: 1_024, max: 2 ** 40, unit: 'bytes' },
    time: { text: 'of arrivals', fallback: 3_600, min: 10, max: 604_800, unit: 'seconds' },
  },
  sizes: { small: { time: 400, piece: 16_384, seedUp: 8_192 }, full: { time: 1_800 } },
  payload: ({ pieces, piece }) => ({ name: 'payload.bin', length: pieces * piece, pieceLength: piece }),
  population: ({ load, piece, seedUp, up, time }) => {
    const start = { kind: 'at', second: 0 } as const
    return [
      { name: ROUTER, count: LASTING_NODES, arrival: start, session: { listen: false } },
      {
        name: SEEDS,
        count: 1,
        arrival: start,
        host: () => ({ rates: { up: seedUp, down: up } }),
        torrent: { role: 'seed' },
      },
      {
        name: DOWNLOADERS,
        count: arrivalsIn({ load, seedUp, time, piece }),
        arrival: { kind: 'within', from: 0, seconds: time },
        host: () => ({ rates: { up, down: 4 * up } }),
        torrent: { role: 'download', leavesAfter: 0 },
      },
    ]
  },
  probes: [
    {
      series: POPULATION,
      every: 5,
      read: (stage) => stage.group(DOWNLOADERS).filter(({ isUp }) => isUp).length,
    },
    { series: 'copies: of the rarest piece', every: 5, read: (stage) => rarest(stage, [SEEDS, DOWNLOADERS]) },
  ],
  duration: ({ time }) => time,
  progress: (stage) => `${stage.completed} have come and gone`,
  measure: ({ findings, values, completed }) => {
    const arrivals = arrivalsIn(values)
    const waiting = (findings.series[POPULATION] ?? []).map(([, count]) => count)
    const atEnd = mean(waiting.slice(-Math.ceil(waiting.length * END)))
    findings.metric('waitingAtEnd', atEnd)
    findings.metric('waitingAtMost', Math.max(0, ...waiting))
    findings.metric('completed', completed)
    findings.metric('waitingOverArrivals', atEnd / arrivals)
    // What the second half added, beside those who are always under way.
    const atHalf = mean(
      waiting.slice(
        Math.floor((waiting.length * (1 - END)) / 2),
        Math.ceil((waiting.length * (1 + END)) / 2),
      ),
    )
    findings.metric('growthOverArrivals', (atEnd - atHalf) / ((arrivals * (1 - END)) / 2))
  },
  criteria: [
    {
      name: 'who waits at the end, of all that came',
      metric: 'waitingOverArrivals',
      // In 400 s: 0.05 to 0.35 over 14 seeds, 0.17 in the mean.
      atMost: ({ load, time }) => (load > 0.9 ? undefined : time < 1_800 ? 0.4 : 0.1),
    },
    {
      // A fifth stays at 1.25.
      name: 'growth in the second half, of all that came in it',
      metric: 'growthOverArrivals',
      atLeast: ({ load, time }) => (load < 1.2 ? undefined : time < 1_800 ? 0.25 : 0.1),
    },
  ],
})

function arrivalsIn(values: {
  readonly load: number
  readonly seedUp: number
  readonly time: number
  readonly piece: number
}): number {
  return Math.max(2, Math.round((values.load * values.seedUp * values.time) / values.piece))
}
