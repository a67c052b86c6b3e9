import { randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { streamFor } from '../engine/rng.ts'
import { ENTRIES, NODES } from '../experiment/dht-population.ts'
import type { Group } from '../experiment/population.ts'
import { defineScenario, type PlannedLookups, type Scenario } from '../experiment/scenario.ts'
import { DOWNLOADERS, SEEDS } from '../experiment/swarm-population.ts'
import type { HostInit } from '../hosts/world.ts'
import { LATENCIES, Latency } from '../network/latency.ts'

/** Everybody lies where they lie in each run, so that runs differ in what nodes draw alone. */
const PLACES = 1
const GAP = 0.1

/**
 * A network small enough for the sockets of one machine, and data to the last: it can be played in virtual time and on
 * loopback addresses, where the same rules about scopes hold and the same delays are put between nodes.
 */
export const loopback: Scenario = defineScenario({
  name: 'loopback',
  description: 'A small network on loopback addresses, to be played in virtual time and for real.',
  parameters: {
    nodes: { text: 'nodes that take no peers', fallback: 20, min: 2, max: 120, unit: 'count' },
    peers: { text: 'peers, the seed included', fallback: 30, min: 2, max: 120, unit: 'count' },
    length: { text: 'of the content', fallback: 2_097_152, min: 1, max: 2 ** 30, unit: 'bytes' },
    piece: { text: 'of a piece', fallback: 65_536, min: 16_384, max: 16_777_216, unit: 'bytes' },
    up: { text: 'a second that a peer gives', fallback: 131_072, min: 1_024, max: 2 ** 40, unit: 'bytes' },
    spread: { text: 'in which they arrive', fallback: 3, min: 0, max: 3_600, unit: 'seconds' },
    settle: {
      text: 'from the last arrival to the look-ups',
      fallback: 9,
      min: 0,
      max: 3_600,
      unit: 'seconds',
    },
    lookups: { text: 'look-ups', fallback: 200, min: 1, max: 10_000, unit: 'count' },
    limit: { text: 'after which it has failed', fallback: 60, min: 1, max: 3_600, unit: 'seconds' },
  },
  sizes: { small: { nodes: 10, peers: 4, length: 524_288, lookups: 40 }, full: {} },
  payload: ({ length, piece }) => ({ name: 'payload.bin', length, pieceLength: piece }),
  population: ({ nodes, peers, up, spread }): readonly Group[] => {
    const start = { kind: 'at', second: 0 } as const
    const arrival = { kind: 'within', from: 0, seconds: spread } as const
    const node = { listen: false }
    const peer = { uploadLimit: up }
    const groups: readonly Group[] = [
      { name: ENTRIES, count: 1, arrival: start, session: node },
      { name: NODES, count: nodes - 1, arrival, session: node },
      { name: SEEDS, count: 1, arrival: start, session: peer, torrent: { role: 'seed' } },
      { name: DOWNLOADERS, count: peers - 1, arrival, session: peer, torrent: { role: 'download' } },
    ]
    let before = 0
    return groups.map((group) => {
      const first = before
      before += group.count
      return { ...group, host: (index) => placeOf(first + index + 1) }
    })
  },
  lookups: plan,
  setup: (stage): Progress => {
    const progress = { ended: 0 }
    const { group, at, count, gap } = plan(stage.values)
    for (let i = 0; i < count; i++) {
      stage.world.at(Math.floor((at + i * gap) * SECOND), () => {
        const askers = stage.group(group)
        const target = randomId(stage.rng)
        const asker = askers[below(stage.rng, askers.length)]!
        asker.host.command({ kind: 'lookup', lookup: i + 1, target, want: 'peers' })
      })
    }
    stage.listen((_member, event) => {
      if (event.kind !== 'lookup' || event.lookup === 0) return
      progress.ended += 1
      stage.findings.sample('lookupMs', event.elapsed / MILLISECOND)
    })
    return progress
  },
  duration: ({ limit }) => limit,
  done: (stage, { ended }) => ended === stage.values.lookups && stage.completed === stage.values.peers - 1,
  progress: (stage, { ended }) => `${ended} look-ups ended, ${stage.completed} downloads complete`,
  measure: (stage, { ended }) => {
    const { findings, values } = stage
    const downloads = stage.group(DOWNLOADERS)
    const complete = downloads.filter(({ doneAt }) => doneAt !== undefined)
    findings.metric('lookupsEnded', ended / values.lookups)
    findings.metric('complete', complete.length / downloads.length)
    findings.metric('right', downloads.filter((member) => stage.holdsAll(member)).length / downloads.length)
    findings.distribution(
      'downloadSeconds',
      complete.map(({ doneAt, arrivedAt }) => (doneAt! - arrivedAt!) / SECOND),
    )
  },
  criteria: [
    { name: 'look-ups that ended', metric: 'lookupsEnded', atLeast: 1 },
    { name: 'peers complete', metric: 'complete', atLeast: 1 },
    { name: 'peers whose files are right', metric: 'right', atLeast: 1 },
  ],
})

interface Progress {
  ended: number
}

interface Times {
  readonly spread: number
  readonly settle: number
  readonly lookups: number
}

function plan({ spread, settle, lookups }: Times): PlannedLookups {
  return { group: NODES, at: spread + settle, count: lookups, gap: GAP }
}

function placeOf(host: number): HostInit {
  const position = new Latency(LATENCIES.world).placeAtRandom(streamFor(PLACES, host, 'place'))
  return { host: `127.20.${host >> 8}.${host & 255}`, position }
}
