import { streamFor } from '../engine/rng.ts'
import { mean } from '../experiment/statistics.ts'
import { LATENCIES, Latency, type Placed } from '../network/latency.ts'
import { swarm } from '../scenarios/swarm.ts'
import { played } from './played.ts'
import { atMost, type Figure, near, type Row, told } from './row.ts'

const SEED = 7
const PAIRS = 20_000

/** Round trips between hosts of the world, in milliseconds, ascending; `way`: one of them. */
function roundTrips(latency: Latency, way: (a: Placed, b: Placed) => number): readonly number[] {
  const places = Array.from({ length: 2 * PAIRS }, (_, i) => {
    return { index: i + 1, position: latency.placeAtRandom(streamFor(SEED, i + 1, 'place')) }
  })
  return Array.from({ length: PAIRS }, (_, i) => {
    const [a, b] = [places[i]!, places[PAIRS + i]!]
    return (way(a, b) + way(b, a)) / 1_000
  }).sort((a, b) => a - b)
}

/** Share and milliseconds: means over seven monitors of the round trips to all responding IPv4 destinations. */
const ARCHIPELAGO: readonly (readonly [number, number])[] = [
  [0.1, 46.5],
  [0.25, 87.3],
  [0.5, 163.2],
  [0.75, 242.3],
  [0.9, 289.7],
]

const delays: Row = {
  name: 'round-trips',
  claim: 'round trips between hosts: the quantiles that monitors measure, and the mean of King',
  source: "CAIDA's Archipelago (seven monitors); King 2004: 1,740 servers, mean about 180 ms",
  isQuick: true,
  measure: () => {
    const latency = new Latency(LATENCIES.world)
    const times = roundTrips(latency, (a, b) => latency.between(a, b))
    const noise = streamFor(SEED, 0, 'noise')
    const jittered = roundTrips(latency, (a, b) => latency.ofPacket(a, b, noise))
    return [
      ...ARCHIPELAGO.map(([share, measured]): Figure => {
        return near(`ms at ${100 * share} %`, times[Math.floor(share * PAIRS)]!, measured, 0.1)
      }),
      near('mean ms with jitter', mean(jittered), 180, 0.1),
    ]
  },
}

const models: Row = {
  name: 'flow-against-packet',
  claim: 'streams as flows take as long as streams of packets, 50 peers',
  source: 'Eger et al. 2007: at most 30 %; our own bound: 20 %',
  isQuick: false,
  measure: (_effort, say) => {
    const seeds = [1, 2, 3]
    const medians = (tcp: 'flow' | 'packet'): number[] => {
      return seeds.map((seed) => {
        say(`50 peers, streams as ${tcp}s, seed ${seed}`)
        return played(swarm, seed, { peers: 50 }, { tcp }).metrics['downloadSecondsMedian']!
      })
    }
    const [flow, packet] = [medians('flow'), medians('packet')]
    const gaps = flow.map((seconds, i) => Math.abs(seconds / packet[i]! - 1))
    return [
      told('median seconds as flows', mean(flow)),
      told('median seconds as packets', mean(packet)),
      atMost('gap, the mean of three seeds', mean(gaps), 0.2),
    ]
  },
}

/** What is known of the network below. */
export const networkRows: readonly Row[] = [delays, models]
