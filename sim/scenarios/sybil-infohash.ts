import { parseAddress } from '../../src/core/address.ts'
import { randomId } from '../../src/core/id.ts'
import { below } from '../../src/core/rng.ts'
import { SECOND } from '../../src/core/time.ts'
import { eclipseHost } from '../adversaries/eclipse.ts'
import { sybils } from '../adversaries/sybils.ts'
import { streamFor } from '../engine/rng.ts'
import { AnnouncedPeer } from '../experiment/announced-peer.ts'
import { NODES, settledGroups } from '../experiment/dht-population.ts'
import type { Member } from '../experiment/member.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import type { Stage } from '../experiment/stage.ts'
import { PORT } from '../hosts/session-host.ts'
import { WORLD } from '../hosts/sim-host.ts'

const SYBILS = 'sybils'
const SETTLE = 180
/** By then the sybils are in the tables of their neighbours, who look at a newcomer only when it has been silent. */
const ANNOUNCED_AFTER = 300
const PATIENCE = 60
/** Look-ups of random targets for each search; they are numbered from 1 on. */
const PROBES = 4
const SMALL = 1_000

/** Liars surround an info-hash: whether a peer that is announced under it can still be found, and whether anybody notices. */
export const sybilInfohash: Scenario = defineScenario({
  name: 'sybil-infohash',
  description: 'Sybils settle nearest to an info-hash, swallow announcements and name nobody but themselves.',
  parameters: {
    nodes: { text: 'honest nodes', fallback: 500, min: 20, max: 100_000, unit: 'count' },
    warm: { text: '1: tables come from an oracle, 0: all join', fallback: 0, min: 0, max: 1, unit: 'count' },
    sybils: { text: 'sybils, of 254 at most in a subnet', fallback: 20, min: 0, max: 1_000, unit: 'count' },
    subnets: {
      text: 'networks of the size /24 that they share; 0: each has its own',
      fallback: 0,
      min: 0,
      max: 1_000,
      unit: 'count',
    },
    near: {
      text: 'bits that a target shares with theirs for them to lie about it',
      fallback: 24,
      min: 0,
      max: 160,
      unit: 'count',
    },
    enforced: {
      text: '1: only ids that fit their IP count (BEP 42)',
      fallback: 0,
      min: 0,
      max: 1,
      unit: 'count',
    },
    guarded: { text: '0: look-ups trust who is nearest', fallback: 1, min: 0, max: 1, unit: 'count' },
    seekers: { text: 'searches', fallback: 200, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: {
    small: { nodes: 200, sybils: 16, seekers: 50 },
    full: { nodes: 10_000, warm: 1, sybils: 64, seekers: 300 },
  },
  // What the attack does where nothing defends is the same in a small network, and ten thousand nodes take two minutes.
  baseline: ({ nodes, guarded }) => (guarded === 1 && nodes <= SMALL ? { guarded: 0 } : undefined),
  population: ({ nodes, warm, sybils: count, subnets }) => [
    ...settledGroups(nodes, 3, 30, warm === 1),
    {
      name: SYBILS,
      count,
      isHostile: true,
      arrival: { kind: 'within', from: SETTLE, seconds: 10 },
      session: { listen: false },
      ...(subnets === 0 ? {} : { host: (index: number) => ({ host: eclipseHost(index, subnets) }) }),
    },
  ],
  policies: ({ group }, stage) => {
    const { enforced, guarded, near } = stage.values
    if (group.name !== SYBILS) {
      const options = {
        ...(guarded === 1 ? {} : { lookupDoubt: 0 }),
        ...(enforced === 1 ? { enforceIds: true } : {}),
      }
      return Object.keys(options).length === 0 ? undefined : { dht: { options } }
    }
    return sybils({
      target: targetOf(stage),
      places: stage.group(SYBILS).map(({ host }) => parseAddress(host.host, PORT)!),
      near,
    })
  },
  setup: (stage) => {
    const nodes = stage.group(NODES)
    const peer = new AnnouncedPeer(stage, nodes[0]!, targetOf(stage))
    const first = SETTLE + ANNOUNCED_AFTER + 30
    const evil = new Set(stage.group(SYBILS).map(({ host }) => host.host))
    const probes = { ended: 0, alarms: 0 }
    peer.announce(SETTLE + ANNOUNCED_AFTER)
    const draw = (): Member => nodes[1 + below(stage.rng, nodes.length - 1)]!
    for (let i = 0; i < stage.values.seekers; i++) {
      peer.search(first + i / 2, draw)
    }
    const count = PROBES * stage.values.seekers
    for (let lookup = 1; lookup <= count; lookup++) {
      stage.world.at(Math.floor((first + lookup / (2 * PROBES)) * SECOND), () => {
        draw().host.command({ kind: 'lookup', lookup, target: randomId(stage.rng), want: 'peers' })
      })
    }
    stage.listen((_member, event) => {
      if (event.kind !== 'lookup' || event.lookup < 1 || event.lookup > count) return
      probes.ended += 1
      // In a small network they are among the nearest to other targets too: who finds them there does not err.
      if (event.suspicious && !event.closest.some(({ address }) => evil.has(address.host))) probes.alarms += 1
    })
    return { peer, probes }
  },
  duration: ({ seekers }) => SETTLE + ANNOUNCED_AFTER + 30 + seekers / 2 + PATIENCE,
  progress: (_stage, { peer }) => `${peer.searches.length} searches ended`,
  measure: ({ findings, values, baseline }, { peer, probes }) => {
    findings.metric('asked', peer.searches.length / values.seekers)
    findings.metric('found', peer.foundShare())
    findings.metric('captured', 1 - peer.foundShare())
    findings.metric(
      'capturedUnguarded',
      values.guarded === 0 ? 1 - peer.foundShare() : (baseline['captured'] ?? 0),
    )
    findings.metric(
      'alarms',
      peer.searches.filter(({ suspicious }) => suspicious).length / peer.searches.length,
    )
    findings.metric('probed', probes.ended / PROBES / values.seekers)
    findings.metric('falseAlarms', probes.alarms / probes.ended)
    findings.distribution(
      'searchQueries',
      peer.searches.map(({ queries }) => queries),
    )
    findings.distribution(
      'searchMs',
      peer.searches.map(({ ms }) => ms),
    )
    findings.metric('holders', peer.holders)
  },
  criteria: [
    { name: 'searches that ended', metric: 'asked', atLeast: 1 },
    { name: 'look-ups of other targets that ended', metric: 'probed', atLeast: 1 },
    {
      name: 'searches that found nobody where nothing defends them: the attack works',
      metric: 'capturedUnguarded',
      atLeast: ({ nodes, sybils: count, enforced, guarded, subnets }) =>
        enforced === 0 && count >= 16 && subnets === 0 && (guarded === 0 || nodes <= SMALL) ? 0.8 : undefined,
    },
    {
      name: 'searches that found the peer all the same',
      metric: 'found',
      atLeast: ({ guarded }) => (guarded === 1 ? 0.95 : undefined),
    },
    {
      name: 'searches with an alarm',
      metric: 'alarms',
      // Sybils whose ids do not fit their IPs do not count at all where that is asked for.
      atLeast: ({ enforced, guarded, sybils: count }) =>
        guarded === 1 && enforced === 0 && count >= 16 ? 0.95 : undefined,
    },
    {
      name: 'alarms of look-ups of other targets',
      metric: 'falseAlarms',
      // A few hundred look-ups of a small network do not show one in a hundred.
      atMost: ({ nodes }) => (nodes > SMALL ? 0.01 : 0.03),
    },
  ],
})

/** The hash that all of it is about: a function of the seed alone, since sybils ask for it one by one. */
function targetOf({ world }: Stage<unknown>): Uint8Array {
  return randomId(streamFor(world.seed, WORLD, 'target'))
}
