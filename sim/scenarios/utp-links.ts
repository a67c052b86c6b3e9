import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { BulkHost } from '../experiment/bulk-host.ts'
import type { Group } from '../experiment/population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { mean } from '../experiment/statistics.ts'
import { PORT } from '../hosts/session-host.ts'
import type { SimHost } from '../hosts/sim-host.ts'

/** Payload of a packet, and what a line carries of it (Ethernet, IPv4): of uTP, and with the share of a TCP stream. */
const PACKET = 1_452
const WIRE = 1_500
/** Of Mathis, Semke, Mahdavi and Ott (1997): a window that is halved at each loss, for losses by chance. */
const MATHIS = 1.22
/** How often queues are looked at. */
const LOOK = 0.05
/** Seconds between the starts of two flows, and until everybody has found a pace. */
const GAP = 1
const SETTLE = 20

const SENDERS = 'senders'
const TAKERS = 'takers'

/** Lines that have nothing to do with each other. */
const LOSSY = 0
const SHARED = 1
const YIELDING = 2

interface Own {
  /** Waits in milliseconds: on the line that is shared, and on that of the one that yields, while it is alone. */
  readonly shared: number[]
  readonly alone: number[]
  /** What each taker has received when uTP has been alone on all lines, and when a flow of TCP has been beside one. */
  readonly marks: (readonly number[])[]
}

/** What uTP makes of a line: with losses, of many flows, and beside TCP, which it must let go first. */
export const utpLinks: Scenario = defineScenario({
  name: 'utp-links',
  description:
    'Senders over uTP, each on a line of its own: with losses, to many takers at once, and beside TCP.',
  parameters: {
    up: {
      text: 'a second that a line carries',
      fallback: 1_048_576,
      min: 65_536,
      max: 2 ** 30,
      unit: 'bytes',
    },
    trip: { text: 'there and back', fallback: 0.05, min: 0.002, max: 1, unit: 'seconds' },
    loss: {
      text: 'of packets are lost on the first line',
      fallback: 0.01,
      min: 0.0001,
      max: 0.2,
      unit: 'factor',
    },
    flows: { text: 'flows on the second line', fallback: 10, min: 2, max: 60, unit: 'count' },
    length: { text: 'of each of the two times', fallback: 60, min: 10, max: 3_600, unit: 'seconds' },
  },
  sizes: { small: { length: 30 }, full: { length: 300 } },
  // By jitter datagrams overtake each other, as packets of one path do not.
  network: () => ({ jitter: 0 }),
  tcp: 'packet',
  population: ({ up, flows, trip }): readonly Group[] => {
    const host = () => ({
      position: { x: 0, y: 0, height: Math.round((trip * SECOND) / 4) },
      rates: { up, down: Number.POSITIVE_INFINITY },
    })
    const all = { arrival: { kind: 'at', second: 0 }, machine: 'own', host } as const
    return [
      { name: SENDERS, count: 3, ...all },
      { name: TAKERS, count: flows + 3, ...all },
    ]
  },
  boot: ({ host }, stage) => void host.boot(stage.now, (ports) => new BulkHost(ports, host.host)),
  setup: (stage): Own => {
    stage.group(SENDERS)[LOSSY]!.host.outward = { loss: stage.values.loss, duplicate: 0, reorder: 0, hold: 0 }
    return { shared: [], alone: [], marks: [] }
  },
  timeline: (stage, { shared, alone, marks }) => {
    const { flows, length } = stage.values
    const senders = stage.group(SENDERS).map(({ host }) => host)
    const takers = stage.group(TAKERS).map(({ host }) => host)
    const flow = (from: number, to: number, carrier: 'tcp' | 'utp'): void => {
      machineOf(senders[from]!).sendTo(stage.now, takers[to]!.address(PORT), carrier)
    }
    const mark = (): void => void marks.push(takers.map((host) => machineOf(host).received))
    const waits = (host: SimHost): number => host.up.backlog(stage.now) / MILLISECOND
    const begin = 1 + GAP * flows + SETTLE
    const looks = Array.from({ length: Math.floor(length / LOOK) }, (_, index) => ({
      at: begin + index * LOOK,
      act: () => {
        shared.push(waits(senders[SHARED]!))
        alone.push(waits(senders[YIELDING]!))
      },
    }))
    return [
      { at: 1, act: () => flow(LOSSY, flows, 'utp') },
      { at: 1, act: () => flow(YIELDING, flows + 1, 'utp') },
      ...Array.from({ length: flows }, (_, taker) => ({
        at: 1 + GAP * taker,
        act: () => flow(SHARED, taker, 'utp'),
      })),
      { at: begin, act: mark },
      { at: begin + length, act: mark },
      { at: begin + length, act: () => flow(YIELDING, flows + 2, 'tcp') },
      { at: begin + 2 * length, act: mark },
      ...looks,
    ]
  },
  duration: ({ flows, length }) => 2 + GAP * flows + SETTLE + 2 * length,
  measure: (stage, { shared, alone, marks }) => {
    const { findings, values } = stage
    const { up, trip, loss, flows, length } = values
    const [begin, half, end] = marks as [readonly number[], readonly number[], readonly number[]]
    const rate = (taker: number, from: readonly number[], to: readonly number[]): number =>
      (to[taker]! - from[taker]!) / length
    const line = (up * PACKET) / WIRE
    const lossBound = (MATHIS * PACKET) / (trip * Math.sqrt(loss))
    findings.metric('lossyRateOverBound', rate(flows, begin, half) / Math.min(line, lossBound))
    const rates = Array.from({ length: flows }, (_, taker) => rate(taker, begin, half))
    const fair = mean(rates)
    findings.metric('sharedUse', (fair * flows) / line)
    findings.metric('sharedLeastOverMean', Math.min(...rates) / fair)
    findings.metric('sharedMostOverMean', Math.max(...rates) / fair)
    findings.distribution('sharedWaitMs', shared)
    findings.metric('aloneUse', rate(flows + 1, begin, half) / line)
    findings.distribution('aloneWaitMs', alone)
    findings.metric('utpShareBesideTcp', rate(flows + 1, half, end) / line)
    findings.metric('tcpShareBesideUtp', rate(flows + 2, half, end) / line)
  },
  criteria: [
    {
      name: 'rate with losses, over the lesser of line and law of losses',
      metric: 'lossyRateOverBound',
      atLeast: 0.8,
    },
    { name: 'use of the line by many flows', metric: 'sharedUse', atLeast: 0.8 },
    { name: 'the slowest of many flows, over their mean', metric: 'sharedLeastOverMean', atLeast: 0.8 },
    { name: 'the fastest of many flows, over their mean', metric: 'sharedMostOverMean', atMost: 1.2 },
    { name: 'wait on the line of many flows, 95th percentile', metric: 'sharedWaitMsP95', atMost: 100 },
    { name: 'use of the line by one flow', metric: 'aloneUse', atLeast: 0.8 },
    { name: 'longest wait on the line of one flow', metric: 'aloneWaitMsMax', atMost: 100 },
    { name: 'what TCP has of the line beside it', metric: 'tcpShareBesideUtp', atLeast: 0.85 },
  ],
})

function machineOf(host: SimHost): BulkHost {
  return host.machine as BulkHost
}
