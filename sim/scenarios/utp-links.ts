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
/** Seconds until everybody has found a pace. */
const SETTLE = 20

const SENDERS = 'senders'
const TAKERS = 'takers'
/** The fast line, and who takes from it. */
const FAST = 'fast'
const FAST_TAKERS = 'fast-takers'

/** Lines that have nothing to do with each other. */
const LOSSY = 0
const SHARED = 1
const YIELDING = 2

interface Own {
  /** Waits in milliseconds: on the lines that are shared, and on that of the one that yields, while it is alone. */
  readonly shared: number[]
  readonly fast: number[]
  readonly alone: number[]
  /** What each taker has received when uTP has been alone on all lines, and when a flow of TCP has been beside one. */
  readonly marks: (readonly number[])[]
  /** The same of those on the fast line. */
  readonly fastMarks: (readonly number[])[]
}

/** What uTP makes of a line: with losses, of many flows, and beside TCP, which it must let go first. */
export const utpLinks: Scenario = defineScenario({
  name: 'utp-links',
  description:
    'Senders over uTP, each on a line of its own: with losses, to many takers at once, the same on a fast and short line, and beside TCP.',
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
    fastUp: {
      text: 'a second that the fast line carries',
      fallback: 4_194_304,
      min: 65_536,
      max: 2 ** 30,
      unit: 'bytes',
    },
    fastTrip: {
      text: 'there and back, on the fast line',
      fallback: 0.02,
      min: 0.002,
      max: 1,
      unit: 'seconds',
    },
    flows: {
      text: 'flows on each of the lines that are shared',
      fallback: 10,
      min: 2,
      max: 60,
      unit: 'count',
    },
    gap: { text: 'between the starts of two flows', fallback: 1, min: 0, max: 60, unit: 'seconds' },
    length: { text: 'of each of the two times', fallback: 60, min: 10, max: 3_600, unit: 'seconds' },
  },
  sizes: { small: { length: 30, fastUp: 3_145_728 }, full: { length: 300, fastUp: 16_777_216 } },
  // By jitter datagrams overtake each other, as packets of one path do not.
  network: () => ({ jitter: 0 }),
  tcp: 'packet',
  population: ({ up, flows, trip, fastUp, fastTrip }): readonly Group[] => {
    const group = (name: string, count: number, rate: number, seconds: number): Group => ({
      name,
      count,
      arrival: { kind: 'at', second: 0 },
      machine: 'own',
      host: () => ({
        position: { x: 0, y: 0, height: Math.round((seconds * SECOND) / 4) },
        rates: { up: rate, down: Number.POSITIVE_INFINITY },
      }),
    })
    return [
      group(SENDERS, 3, up, trip),
      group(TAKERS, flows + 3, up, trip),
      group(FAST, 1, fastUp, fastTrip),
      group(FAST_TAKERS, flows, fastUp, fastTrip),
    ]
  },
  boot: ({ host }, stage) => void host.boot(stage.now, (ports) => new BulkHost(ports, host.host)),
  setup: (stage): Own => {
    stage.group(SENDERS)[LOSSY]!.host.outward = { loss: stage.values.loss, duplicate: 0, reorder: 0, hold: 0 }
    return { shared: [], fast: [], alone: [], marks: [], fastMarks: [] }
  },
  timeline: (stage, { shared, fast, alone, marks, fastMarks }) => {
    const { flows, length, gap } = stage.values
    const hosts = (group: string): SimHost[] => stage.group(group).map(({ host }) => host)
    const [senders, takers, fastSenders, fastTakers] = [
      hosts(SENDERS),
      hosts(TAKERS),
      hosts(FAST),
      hosts(FAST_TAKERS),
    ]
    const flow = (from: SimHost, to: SimHost, carrier: 'tcp' | 'utp'): void => {
      machineOf(from).sendTo(stage.now, to.address(PORT), carrier)
    }
    const mark = (): void => {
      marks.push(takers.map((host) => machineOf(host).received))
      fastMarks.push(fastTakers.map((host) => machineOf(host).received))
    }
    const waits = (host: SimHost): number => host.up.backlog(stage.now) / MILLISECOND
    const begin = 1 + gap * flows + SETTLE
    const looks = Array.from({ length: Math.floor(length / LOOK) }, (_, index) => ({
      at: begin + index * LOOK,
      act: () => {
        shared.push(waits(senders[SHARED]!))
        fast.push(waits(fastSenders[0]!))
        alone.push(waits(senders[YIELDING]!))
      },
    }))
    return [
      { at: 1, act: () => flow(senders[LOSSY]!, takers[flows]!, 'utp') },
      { at: 1, act: () => flow(senders[YIELDING]!, takers[flows + 1]!, 'utp') },
      ...Array.from({ length: flows }, (_, taker) => ({
        at: 1 + gap * taker,
        act: () => {
          flow(senders[SHARED]!, takers[taker]!, 'utp')
          flow(fastSenders[0]!, fastTakers[taker]!, 'utp')
        },
      })),
      { at: begin, act: mark },
      { at: begin + length, act: mark },
      { at: begin + length, act: () => flow(senders[YIELDING]!, takers[flows + 2]!, 'tcp') },
      { at: begin + 2 * length, act: mark },
      ...looks,
    ]
  },
  duration: ({ flows, length, gap }) => 2 + gap * flows + SETTLE + 2 * length,
  measure: (stage, { shared, fast, alone, marks, fastMarks }) => {
    const { findings, values } = stage
    const { up, trip, loss, flows, length, fastUp } = values
    const [begin, half, end] = marks as [readonly number[], readonly number[], readonly number[]]
    const rate = (taker: number, from: readonly number[], to: readonly number[]): number =>
      (to[taker]! - from[taker]!) / length
    const line = (up * PACKET) / WIRE
    const lossBound = (MATHIS * PACKET) / (trip * Math.sqrt(loss))
    findings.metric('lossyRateOverBound', rate(flows, begin, half) / Math.min(line, lossBound))
    const together = (
      name: string,
      from: readonly number[],
      to: readonly number[],
      carries: number,
    ): void => {
      const rates = Array.from({ length: flows }, (_, taker) => rate(taker, from, to))
      const fair = mean(rates)
      findings.metric(`${name}Use`, (fair * flows) / ((carries * PACKET) / WIRE))
      findings.metric(`${name}LeastOverMean`, Math.min(...rates) / fair)
      findings.metric(`${name}MostOverMean`, Math.max(...rates) / fair)
    }
    together('shared', begin, half, up)
    findings.distribution('sharedWaitMs', shared)
    together('fast', fastMarks[0]!, fastMarks[1]!, fastUp)
    findings.distribution('fastWaitMs', fast)
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
    { name: 'use of the fast line by many flows', metric: 'fastUse', atLeast: 0.8 },
    { name: 'the slowest on the fast line, over their mean', metric: 'fastLeastOverMean', atLeast: 0.8 },
    { name: 'the fastest on the fast line, over their mean', metric: 'fastMostOverMean', atMost: 1.2 },
    { name: 'wait on the fast line, 95th percentile', metric: 'fastWaitMsP95', atMost: 100 },
    { name: 'use of the line by one flow', metric: 'aloneUse', atLeast: 0.8 },
    { name: 'longest wait on the line of one flow', metric: 'aloneWaitMsMax', atMost: 100 },
    { name: 'what TCP has of the line beside it', metric: 'tcpShareBesideUtp', atLeast: 0.95 },
  ],
})

function machineOf(host: SimHost): BulkHost {
  return host.machine as BulkHost
}
