import { SECOND } from '../../src/core/time.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import { DOWNLOADERS, LASTING_NODES, ROUTER, SEEDS } from '../experiment/swarm-population.ts'

/**
 * A swarm into which peers keep coming, each of which seeds for a while, against the fluid model of Qiu and Srikant 2004:
 * in the steady state a download takes max(1/c, (1/mu - 1/gamma) / eta), whatever the arrival rate, with mu and c the lines
 * in copies a second, 1/gamma the time of seeding, and eta close to 1.
 */
export const steadySwarm: Scenario = defineScenario({
  name: 'steady-swarm',
  description:
    'Peers keep arriving, download, seed for a while and leave: the steady state of a fluid model.',
  parameters: {
    arrivals: { text: 'peers that arrive a minute', fallback: 12, min: 0.1, max: 6_000, unit: 'factor' },
    length: { text: 'of the content', fallback: 8_388_608, min: 1, max: 2 ** 40, unit: 'bytes' },
    piece: { text: 'of a piece', fallback: 131_072, min: 16_384, max: 16_777_216, unit: 'bytes' },
    up: { text: "a second, of each peer's line", fallback: 65_536, min: 1_024, max: 2 ** 40, unit: 'bytes' },
    down: {
      text: "a second, of each peer's line",
      fallback: 524_288,
      min: 1_024,
      max: 2 ** 40,
      unit: 'bytes',
    },
    seeding: { text: 'in which a peer seeds', fallback: 30, min: 0, max: 86_400, unit: 'seconds' },
    warmup: { text: 'that are not measured', fallback: 300, min: 0, max: 86_400, unit: 'seconds' },
    time: { text: 'that are measured', fallback: 900, min: 10, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { arrivals: 10, length: 2_097_152, up: 32_768, warmup: 100, time: 320, seeding: 20 },
    // A content that takes many times as long as it takes to begin: the model knows no beginning.
    full: { arrivals: 6, length: 33_554_432, piece: 262_144, warmup: 700, time: 3_000 },
  },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: ({ arrivals, up, down, seeding, warmup, time }) => {
    const start = { kind: 'at', second: 0 } as const
    const host = (): { rates: { up: number; down: number } } => ({ rates: { up, down } })
    return [
      { name: ROUTER, count: LASTING_NODES, arrival: start, session: { listen: false } },
      // The one that never leaves sends little, so that the peers themselves are the swarm.
      { name: SEEDS, count: 1, arrival: start, host, torrent: { role: 'seed' } },
      {
        name: DOWNLOADERS,
        count: Math.max(2, Math.round((arrivals * (warmup + time)) / 60)),
        arrival: { kind: 'within', from: 0, seconds: warmup + time },
        host,
        torrent: { role: 'download', leavesAfter: seeding },
      },
    ]
  },
  probes: [
    {
      series: 'peers: downloading',
      every: 10,
      read: (stage) =>
        stage.group(DOWNLOADERS).filter(({ isUp, doneAt }) => isUp && doneAt === undefined).length,
    },
    {
      series: 'peers: seeding',
      every: 10,
      read: (stage) =>
        stage.group(DOWNLOADERS).filter(({ isUp, doneAt }) => isUp && doneAt !== undefined).length,
    },
  ],
  duration: ({ warmup, time }) => warmup + time,
  progress: (stage) => `${stage.completed} have completed`,
  measure: (stage) => {
    const { values, findings } = stage
    const { length, up, down, seeding, warmup, time } = values
    // Those who came too late to finish would count only if they were quick.
    const counted = stage.group(DOWNLOADERS).filter(({ arrivedAt = 0 }) => {
      return arrivedAt >= warmup * SECOND && arrivedAt < (warmup + time / 2) * SECOND
    })
    const complete = counted.filter(({ doneAt }) => doneAt !== undefined)
    const seconds = complete.map(({ doneAt, arrivedAt }) => (doneAt! - arrivedAt!) / SECOND)
    const model = Math.max(length / down, length / up - seeding)
    findings.distribution('downloadSeconds', seconds)
    findings.metric('complete', complete.length / counted.length)
    findings.metric('downloadSecondsMean', mean(seconds))
    findings.metric('modelSeconds', model)
    findings.metric('overModel', mean(seconds) / model)
  },
  criteria: [
    { name: 'downloads that completed', metric: 'complete', atLeast: 0.95 },
    {
      name: 'mean time over the fluid model',
      metric: 'overModel',
      atLeast: ({ time }) => (time >= 900 ? 0.85 : 0.5),
      atMost: ({ time }) => (time >= 900 ? 1.15 : 2),
    },
  ],
})
