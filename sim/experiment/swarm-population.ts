import { SECOND } from '../../src/core/time.ts'
import type { Member } from './member.ts'
import type { Values } from './parameters.ts'
import type { Group } from './population.ts'
import type { Stage } from './stage.ts'

/** The group of the nodes through which all enter the DHT, and which stay. */
export const ROUTER = 'router'
/**
 * How many of them a swarm needs whose peers come and go: what the seed has announced is lost when all nodes that keep it have left, and
 * it announces again after 15 minutes only. The nodes of the real DHT outlast that.
 */
export const LASTING_NODES = 16
export const SEEDS = 'seeds'
export const DOWNLOADERS = 'downloaders'

/** What most scenarios with a torrent can be run with. */
export const SWARM_PARAMETERS = {
  peers: { text: 'peers in all, the seed included', fallback: 50, min: 2, max: 5_000, unit: 'count' },
  length: { text: 'of the content', fallback: 16_777_216, min: 1, max: 1_099_511_627_776, unit: 'bytes' },
  piece: { text: 'of a piece', fallback: 262_144, min: 16_384, max: 16_777_216, unit: 'bytes' },
  up: {
    text: "a second, of each peer's line",
    fallback: 1_048_576,
    min: 1_024,
    max: 1_099_511_627_776,
    unit: 'bytes',
  },
  down: {
    text: "a second, of each peer's line",
    fallback: 8_388_608,
    min: 1_024,
    max: 1_099_511_627_776,
    unit: 'bytes',
  },
  spread: { text: 'in which they arrive', fallback: 10, min: 0, max: 86_400, unit: 'seconds' },
} as const

type SwarmValues = Values<typeof SWARM_PARAMETERS>

/** A router, one seed, and peers that download; `change` adds to the downloaders' group. */
export function swarmGroups(
  { peers, up, down, spread }: SwarmValues,
  change: Partial<Group> = {},
): readonly Group[] {
  const host = (): { rates: { up: number; down: number } } => ({ rates: { up, down } })
  const start = { kind: 'at', second: 0 } as const
  return [
    { name: ROUTER, count: 1, arrival: start, session: { listen: false } },
    { name: SEEDS, count: 1, arrival: start, host, torrent: { role: 'seed' } },
    {
      name: DOWNLOADERS,
      count: peers - 1,
      arrival: { kind: 'within', from: 0, seconds: spread },
      host,
      torrent: { role: 'download' },
      ...change,
    },
  ]
}

/** Metrics of how `members` downloaded: shares complete and right, seconds, waste, and what the lines allow at best. */
export function reportDownloads(stage: Stage<SwarmValues>, members: readonly Member[]): void {
  const { findings, world, values } = stage
  const { length, up, down } = values
  const complete = members.filter(({ doneAt }) => doneAt !== undefined)
  findings.metric('complete', complete.length / members.length)
  findings.metric('right', members.filter((member) => stage.holdsAll(member)).length / members.length)
  findings.distribution(
    'downloadSeconds',
    complete.map(({ doneAt, arrivedAt }) => (doneAt! - arrivedAt!) / SECOND),
  )
  findings.metric('fluidBoundSeconds', fluidBound(members.length, length, up, down))
  findings.distribution(
    'shareRatio',
    members.map((member) => (member.progress(world.now)?.uploaded ?? 0) / length),
  )
  const wasted = members.map((member) => member.progress(world.now)?.wasted ?? 0)
  findings.metric('wastedShare', wasted.reduce((a, b) => a + b, 0) / (length * members.length))
  findings.metric('streams', world.streams.opened)
  findings.metric('datagrams', world.udp.delivered)
  const complaints = new Map<string, number>()
  for (const member of members) {
    for (const [code, count] of member.complaints) complaints.set(code, (complaints.get(code) ?? 0) + count)
  }
  for (const [code, count] of [...complaints].toSorted()) findings.metric(`events ${code}`, count)
}

/**
 * No swarm of equal lines and one seed is faster: the seed sends each byte once, each line takes it, all lines together give
 * it to all.
 */
export function fluidBound(downloads: number, length: number, up: number, down: number): number {
  return Math.max(length / up, length / down, (downloads * length) / ((downloads + 1) * up))
}

/** The same up to the last that completes, of peers that came at these seconds: a line gives nothing before its peer is there. */
export function crowdBound(arrivals: readonly number[], length: number, up: number, down: number): number {
  const missed = arrivals.reduce((sum, at) => sum + at, 0) / (arrivals.length + 1)
  const last = arrivals.reduce((latest, at) => Math.max(latest, at), 0)
  const shared = (arrivals.length * length) / ((arrivals.length + 1) * up)
  return Math.max(length / up, last + length / down, missed + shared)
}
