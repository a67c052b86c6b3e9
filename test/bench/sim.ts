import { deliveryCurve, joinNetwork, sideBySide, tenMinutes } from './sim-dht.ts'
import { crowd } from './sim-swarm.ts'
import { benchWalks } from './sim-walks.ts'

const KIB = 1_024
const MIB = KIB * KIB

/** Sizes of each measurement: `full` is what the simulator is held to, `quick` shows the same in minutes. */
const SIZES = {
  quick: {
    curve: [1_000, 10_000],
    join: 1_000,
    minutes: 10_000,
    beside: 200,
    crowds: [[50, 32]],
    walks: [3_000, 300],
  },
  full: {
    curve: [1_000, 10_000, 100_000],
    join: 10_000,
    minutes: 100_000,
    beside: 1_000,
    crowds: [
      [100, 64],
      [1_000, 256],
    ],
    walks: [10_000, 1_000],
  },
} as const

/** Measures the simulator, part by part, and says each figure beside what it is held to. */
export async function benchSim(size: keyof typeof SIZES, parts: readonly string[]): Promise<void> {
  const { curve, join, minutes, beside, crowds, walks } = SIZES[size]
  const asked = (part: string): boolean => parts.length === 0 || parts.includes(part)
  if (asked('rate')) {
    for (const { nodes, perSecond, restBytes } of await deliveryCurve(curve)) {
      const bound = nodes > 10_000 ? '100,000' : '150,000'
      say(`${nodes} nodes: ${whole(perSecond)} deliveries a second of processor time (goal ${bound})`)
      say(`  ${(restBytes / KIB).toFixed(1)} KiB a node at rest (at most 60, goal 24)`)
    }
  }
  if (asked('join')) {
    const { nodes, shares, wallSeconds, deliveries } = await joinNetwork(join)
    const [at, exact] = shares.at(-1)!
    say(
      `${nodes} nodes join: ${wallSeconds.toFixed(1)} s of wall time (goal 60 for 10,000), ${deliveries} deliveries`,
    )
    say(`  ${(100 * exact).toFixed(1)} % of look-ups exact ${at} virtual seconds after the last join`)
  }
  if (asked('minutes')) {
    const { nodes, lookups, queries, perNode, seconds, wallSeconds, peakRss } = await tenMinutes(minutes)
    say(
      `${nodes} nodes, ten virtual minutes, ${lookups} look-ups: ${wallSeconds.toFixed(0)} s (goal 600 for 100,000)`,
    )
    say(`  ${seconds.toFixed(0)} s of processor time, ${(peakRss / MIB / KIB).toFixed(1)} GiB (goal 12)`)
    say(`  ${perNode.toFixed(0)} deliveries a node, ${queries.toFixed(1)} queries a look-up`)
  }
  if (asked('crowd')) {
    for (const [peers, mebibytes] of crowds) {
      const { wallSeconds, microsPerBlock, eventsPerBlock, peakRss, complete } = await crowd(peers, mebibytes)
      say(
        `${peers} peers, ${mebibytes} MiB: ${wallSeconds.toFixed(0)} s (goal 360 for 1,000 and 256), ${100 * complete} % complete`,
      )
      say(
        `  ${microsPerBlock.toFixed(1)} us and ${eventsPerBlock.toFixed(1)} events a block, ${whole(peakRss / MIB)} MiB (goal 8,192)`,
      )
    }
  }
  if (asked('walks')) await benchWalks(walks[0], walks[1], say)
  if (asked('beside')) {
    for (const [who, { nodes, bootstrapSeconds, nodeBytes, lookupMs }] of Object.entries(
      await sideBySide(beside),
    )) {
      const kilobytes = (nodeBytes / 1_000).toFixed(1)
      say(
        `${nodes} nodes, ${who}: ${bootstrapSeconds.toFixed(1)} s, ${kilobytes} kB a node, ${lookupMs.toFixed(2)} ms a look-up`,
      )
    }
  }
}

function say(line: string): void {
  console.log(line)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
