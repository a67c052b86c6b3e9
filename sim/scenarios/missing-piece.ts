import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { slope } from '../experiment/statistics.ts'
import { DOWNLOADERS, ROUTER, SEEDS } from '../experiment/swarm-population.ts'
import { rarest } from '../experiment/swarm-probes.ts'

/** Downloads that have arrived and not left, as a line over time. */
const POPULATION = 'peers: downloading'

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
  sizes: { small: { time: 400, piece: 16_384, seedUp: 8_192 }, full: {} },
  payload: ({ pieces, piece }) => ({ name: 'payload.bin', length: pieces * piece, pieceLength: piece }),
  population: ({ load, piece, seedUp, up, time }) => {
    const start = { kind: 'at', second: 0 } as const
    return [
      { name: ROUTER, count: 1, arrival: start, session: { listen: false } },
      {
        name: SEEDS,
        count: 1,
        arrival: start,
        host: () => ({ rates: { up: seedUp, down: up } }),
        torrent: { role: 'seed' },
      },
      {
        name: DOWNLOADERS,
        count: Math.max(2, Math.round((load * seedUp * time) / piece)),
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
    const points = findings.series[POPULATION] ?? []
    const arrivals = (values.load * values.seedUp) / values.piece
    findings.metric('populationAtEnd', points.at(-1)?.[1] ?? 0)
    findings.metric('completed', completed)
    findings.metric('growthPerSecond', slope(points))
    findings.metric('growthOverArrivals', slope(points) / arrivals)
  },
  criteria: [
    {
      name: 'growth of the waiting crowd, per arrival',
      metric: 'growthOverArrivals',
      // Over minutes a stable crowd wanders by as much.
      atMost: ({ load, time }) => (load >= 1 ? undefined : time < 1_800 ? 0.4 : 0.1),
      atLeast: ({ load }) => (load > 1.2 ? 0.05 : undefined),
    },
  ],
})
