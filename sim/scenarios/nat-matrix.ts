import type { KrpcQuery } from '../../src/codec/krpc.ts'
import type { Address } from '../../src/core/address.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Answer } from '../../src/dht/answering/answer.ts'
import { HonestResponder } from '../../src/dht/answering/responder.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import { type Member, TORRENT } from '../experiment/member.ts'
import { type NatKind, NatTheory } from '../experiment/nat-theory.ts'
import type { Group } from '../experiment/population.ts'
import { defineScenario, type Scenario, type Step } from '../experiment/scenario.ts'
import type { Stage } from '../experiment/stage.ts'
import { PORT } from '../hosts/session-host.ts'
import type { Dependence } from '../network/translation.ts'

const DEPENDENCES: readonly Dependence[] = ['none', 'address', 'address-and-port']

/** Boxes by mapping and filtering; the last host is in the open. */
const KINDS: readonly (NatKind | undefined)[] = [
  ...DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => ({ mapping, filtering }))),
  undefined,
]
const PAIRS = KINDS.length ** 2

/**
 * As it is by itself: by TCP, and by uTP where that fails, with hole punching and a DHT, which tells hosts whence it sees their packets
 * come; by TCP alone; by uTP alone, without hole punching and with it.
 */
const WAYS = ['told', 'tcp', 'utp', 'punched'] as const
type Way = (typeof WAYS)[number]

/** Who is in each group of four, and when it comes. */
const ARRIVALS = { relay: 0, target: 0, fourth: 8, caller: 25 } as const
type Part = keyof typeof ARRIVALS
const PARTS = Object.keys(ARRIVALS) as Part[]
/** Nodes of the DHT, in the open. Nobody else is one: who is behind a box would be opened by queries of others. */
const NODES = 8
const NODE: Partial<SessionOptions> = { transport: 'tcp' }
const GUEST: Partial<SessionOptions> = { transport: 'both', readOnly: true }

/** Keeps no peers: those of a four hear of each other from their relay alone. */
class PeerlessResponder extends HonestResponder {
  override answer(now: Micros, from: Address, query: KrpcQuery): Answer | undefined {
    return query.method === 'announce_peer' ? undefined : super.answer(now, from, query)
  }
}

/** When it is looked at who has met: before the target may hear of the caller by peer exchange. */
const END = 60

const kindOf = (part: 'caller' | 'target', index: number): NatKind | undefined => {
  const pair = index % PAIRS
  return KINDS[part === 'caller' ? Math.floor(pair / KINDS.length) : pair % KINDS.length]
}

/**
 * All pairs of boxes, each with a relay in the open. It tells the caller of the target, and the target of the caller only a minute later: it has
 * just told it of the fourth. So only one of them dials, unless the relay has both do so.
 */
export const natMatrix: Scenario = defineScenario({
  name: 'nat-matrix',
  description:
    'Each kind of translator calls each other kind, by TCP, by uTP and by hole punching, whose relay is met by either: who meets is held against theory.',
  parameters: {
    copies: { text: 'of each pair', fallback: 1, min: 1, max: 100, unit: 'count' },
  },
  sizes: { small: {}, full: { copies: 3 } },
  payload: () => ({ name: 'payload.bin', length: 65_536, pieceLength: 16_384 }),
  population: ({ copies }): readonly Group[] => [
    { name: 'nodes', count: NODES, arrival: { kind: 'at', second: 0 }, session: NODE },
    ...WAYS.flatMap((way) =>
      PARTS.map(
        (part): Group => ({
          name: `${way} ${part}`,
          count: copies * PAIRS,
          arrival: { kind: 'at', second: ARRIVALS[part] },
          session: way === 'told' ? GUEST : { dht: false, transport: way === 'tcp' ? 'tcp' : 'utp' },
          torrent: { role: 'download' },
          host: (index, world) => {
            const kind = part === 'caller' || part === 'target' ? kindOf(part, index) : undefined
            // None keeps a port, or one might be the right one by luck.
            return kind === undefined ? {} : { nat: world.addNat({ ...kind, preserve: false }) }
          },
        }),
      ),
    ),
  ],
  policies: ({ group }) => ({
    dht: { responder: (parts) => new PeerlessResponder(parts) },
    swarm: { punchesHoles: /^(told|punched)/.test(group.name) },
  }),
  timeline: (stage): readonly Step[] =>
    WAYS.flatMap((way) =>
      PARTS.filter((part) => part !== 'relay').map((part) => ({
        at: ARRIVALS[part] + 0.1,
        act: () => {
          const relays = membersOf(stage, way, 'relay')
          for (const { host, index } of membersOf(stage, way, part))
            host.command({ kind: 'add-peer', torrent: TORRENT, host: relays[index]!.host.host, port: PORT })
        },
      })),
    ),
  duration: () => END,
  measure: (stage) => {
    for (const way of WAYS) {
      const met = sharesMet(stage, way)
      const [expected, others]: [number[], number[]] = [[], []]
      for (const [pair, share] of met.entries()) {
        const [caller, target] = [kindOf('caller', pair), kindOf('target', pair)]
        stage.findings.metric(`${way}: ${nameOf(caller)} calls ${nameOf(target)}`, share)
        const theory = new NatTheory(caller, target)
        // Nobody listens by TCP through a box that was not told to let it in.
        const { punches, reaches } = theory
        const meets = { told: punches, tcp: target === undefined, utp: reaches, punched: punches }[way]
        ;(meets ? expected : others).push(share)
      }
      stage.findings.metric(`${way}Pairs`, expected.length)
      stage.findings.metric(`${way}Least`, Math.min(...expected))
      stage.findings.metric(`${way}Most`, Math.max(...others))
    }
  },
  criteria: [
    { name: 'dials by TCP that theory lets through, the worst pair', metric: 'tcpLeast', atLeast: 0.95 },
    { name: 'dials by TCP that it does not, the best pair', metric: 'tcpMost', atMost: 0 },
    { name: 'dials by uTP that theory lets through, the worst pair', metric: 'utpLeast', atLeast: 0.95 },
    { name: 'dials by uTP that it does not, the best pair', metric: 'utpMost', atMost: 0 },
    { name: 'pairs that theory lets be punched, the worst', metric: 'punchedLeast', atLeast: 0.95 },
    { name: 'pairs that it does not, the best', metric: 'punchedMost', atMost: 0 },
    { name: 'the same where the relay was met by TCP, the worst', metric: 'toldLeast', atLeast: 0.95 },
    { name: 'pairs that it does not let, the best', metric: 'toldMost', atMost: 0 },
    // 16 of hosts whose port is one for everybody, and 36 of one such that heeds no ports and one of the six others.
    { name: 'pairs that can be punched', metric: 'punchedPairs', atLeast: 52, atMost: 52 },
  ],
})

function membersOf(stage: Stage, way: Way, part: Part): readonly Member[] {
  return stage.group(`${way} ${part}`)
}

/** Of each pair, how many callers have met their target: all three others of their four. */
function sharesMet(stage: Stage, way: Way): number[] {
  const met = new Array<number>(PAIRS).fill(0)
  const callers = membersOf(stage, way, 'caller')
  for (const caller of callers)
    if ((caller.progress(stage.now)?.peers ?? 0) >= PARTS.length - 1) met[caller.index % PAIRS]! += 1
  return met.map((count) => (count * PAIRS) / callers.length)
}

function nameOf(kind: NatKind | undefined): string {
  return kind === undefined ? 'open' : `${kind.mapping}/${kind.filtering}`
}
