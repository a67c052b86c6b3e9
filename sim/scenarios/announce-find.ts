import { randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { dhtGroups, NODES } from '../experiment/dht-population.ts'
import type { Member } from '../experiment/member.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'

const ANNOUNCE = 1
const PORT_ANNOUNCED = 51_413
const PATIENCE = 60

/** One peer announces itself, and again in time; others who look for it over hours must find it. */
export const announceFind: Scenario = defineScenario({
  name: 'announce-find',
  description: 'One announces a peer under a hash, others look for it over hours.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 10, max: 100_000, unit: 'count' },
    seekers: {
      text: 'that look for the peer, spread over the time',
      fallback: 200,
      min: 1,
      max: 10_000,
      unit: 'count',
    },
    settle: { text: 'before the announcement', fallback: 300, min: 1, max: 86_400, unit: 'seconds' },
    period: {
      text: 'between two announcements; 0: only one',
      fallback: 900,
      min: 0,
      max: 86_400,
      unit: 'seconds',
    },
    time: { text: 'in which it is looked for', fallback: 7_200, min: 10, max: 604_800, unit: 'seconds' },
  },
  sizes: {
    small: { nodes: 80, seekers: 60, settle: 120, time: 1_200, period: 600 },
    full: { nodes: 500, time: 21_600 },
  },
  population: ({ nodes }) => dhtGroups(nodes, 3, { kind: 'within', from: 0, seconds: 30 }),
  setup: (stage) => {
    const { settle, seekers, period, time } = stage.values
    const nodes = stage.group(NODES)
    const announcer = nodes[0]!
    const target = randomId(stage.rng)
    const found: { readonly at: number; readonly hit: boolean }[] = []
    const hits = new Map<string, boolean>()
    let holders = 0
    stage.listen((member, event) => {
      const key = `${member.host.index}/${'lookup' in event ? event.lookup : 0}`
      if (event.kind === 'lookup-peers' && hits.has(key)) {
        const own = event.peers.some(
          ({ host, port }) => host === announcer.host.host && port === PORT_ANNOUNCED,
        )
        if (own) hits.set(key, true)
      } else if (event.kind === 'lookup' && event.lookup > ANNOUNCE) {
        found.push({ at: stage.now / SECOND, hit: hits.get(key) ?? false })
      } else if (event.kind === 'lookup' && member === announcer) holders = Math.max(holders, event.announced)
    })
    const announce = (): void => {
      announcer.host.command({
        kind: 'lookup',
        lookup: ANNOUNCE,
        target,
        want: 'peers',
        announce: PORT_ANNOUNCED,
      })
      if (period > 0) stage.world.at(stage.now + period * SECOND, announce)
    }
    stage.world.at(settle * SECOND, announce)
    for (let i = 0; i < seekers; i++) {
      const at = settle + 30 + ((i + 1) * time) / (seekers + 1)
      stage.world.at(Math.floor(at * SECOND), () => {
        const seeker: Member = nodes[1 + below(stage.rng, nodes.length - 1)]!
        hits.set(`${seeker.host.index}/${i + 2}`, false)
        seeker.host.command({ kind: 'lookup', lookup: i + 2, target, want: 'peers' })
      })
    }
    return { found, holders: () => holders }
  },
  duration: ({ settle, time }) => settle + 30 + time + PATIENCE,
  progress: (_stage, { found }) => `${found.length} have looked`,
  measure: ({ findings, values }, { found, holders }) => {
    const hit = found.filter((one) => one.hit).length
    for (const { at, hit: own } of found)
      findings.point('found: by the seeker of that time', at * SECOND, own ? 1 : 0)
    findings.metric('asked', found.length / values.seekers)
    findings.metric('found', hit / found.length)
    findings.metric('holders', holders())
  },
  criteria: [
    { name: 'seekers whose look-up ended', metric: 'asked', atLeast: 1 },
    { name: 'seekers that found the peer', metric: 'found', atLeast: 0.99 },
    { name: 'nodes that took the announcement', metric: 'holders', atLeast: 6 },
  ],
})
