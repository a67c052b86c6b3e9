import { parseAddress } from '../../src/core/address.ts'
import { randomId } from '../../src/core/id.ts'
import { SECOND } from '../../src/core/time.ts'
import { eclipse, eclipseHost } from '../adversaries/eclipse.ts'
import { settledGroups } from '../experiment/dht-population.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import { PORT } from '../hosts/session-host.ts'

const VICTIM = 'victim'
const ATTACKERS = 'attackers'
const SETTLE = 180
const ATTACK = 600
const LOOKUPS = 50
const PATIENCE = 60

/** Somebody with many addresses in few networks wants to be all that one node sees of the DHT. */
export const eclipseNode: Scenario = defineScenario({
  name: 'eclipse-node',
  description:
    'Attackers with addresses in a few networks fill the table of one victim and name only each other.',
  parameters: {
    nodes: { text: 'honest nodes', fallback: 300, min: 20, max: 100_000, unit: 'count' },
    warm: { text: '1: tables come from an oracle, 0: all join', fallback: 0, min: 0, max: 1, unit: 'count' },
    attackers: { text: 'attackers', fallback: 60, min: 0, max: 2_540, unit: 'count' },
    subnets: {
      text: 'networks of the size /24 that they share',
      fallback: 10,
      min: 1,
      max: 65_536,
      unit: 'count',
    },
  },
  sizes: {
    small: { nodes: 100, attackers: 10, subnets: 2 },
    full: { nodes: 10_000, warm: 1, attackers: 1_000, subnets: 10 },
  },
  population: ({ nodes, warm, attackers, subnets }) => [
    ...settledGroups(nodes, 3, 30, warm === 1),
    { name: VICTIM, count: 1, arrival: { kind: 'at', second: 60 }, session: { listen: false } },
    {
      name: ATTACKERS,
      count: attackers,
      isHostile: true,
      arrival: { kind: 'later' },
      host: (index) => ({ host: eclipseHost(index, subnets) }),
      session: { listen: false },
    },
  ],
  policies: ({ group }, stage) => {
    if (group.name !== ATTACKERS) return undefined
    const places = stage.group(ATTACKERS).map(({ host }) => parseAddress(host.host, PORT)!)
    const depth = bitsOf(stage.values.nodes)
    return eclipse({ victim: stage.group(VICTIM)[0]!.id!, places, depth })
  },
  setup: (stage) => {
    const [victim] = stage.group(VICTIM)
    const evil = new Set(stage.group(ATTACKERS).map(({ host }) => host.host))
    const shares: number[] = []
    stage.listen((member, event) => {
      if (member !== victim || event.kind !== 'lookup' || event.lookup === 0) return
      shares.push(event.closest.filter(({ address }) => evil.has(address.host)).length / event.closest.length)
    })
    return { victim: victim!, evil, shares }
  },
  timeline: (stage, { victim }) => [
    {
      at: SETTLE,
      act: () => {
        const bootstrap = [{ host: victim.host.host, port: PORT }]
        for (const attacker of stage.group(ATTACKERS)) stage.boot(attacker, stage.now, { bootstrap })
      },
    },
    ...Array.from({ length: LOOKUPS }, (_, i) => ({
      at: SETTLE + ATTACK + i / 2,
      act: () => {
        const target = randomId(stage.rng)
        victim.host.command({ kind: 'lookup', lookup: i + 1, target, want: 'nodes' })
      },
    })),
  ],
  duration: () => SETTLE + ATTACK + LOOKUPS / 2 + PATIENCE,
  progress: ({ now }) => `${Math.floor(now / SECOND)} s`,
  measure: ({ findings }, { victim, evil, shares }) => {
    const contacts = [...(victim.session?.dhtTables()[0]?.contacts ?? [])]
    const taken = contacts.filter(({ address }) => evil.has(address.host)).length
    findings.metric('tableShare', taken / contacts.length)
    findings.metric('lookups', shares.length / LOOKUPS)
    findings.distribution('lookupShare', shares)
    findings.metric('captured', shares.filter((share) => share === 1).length / shares.length)
  },
  criteria: [
    { name: 'look-ups of the victim that ended', metric: 'lookups', atLeast: 1 },
    { name: "attackers in the victim's table", metric: 'tableShare', atMost: 0.25 },
    { name: 'look-ups that saw only attackers', metric: 'captured', atMost: 0.01 },
  ],
})

/** How deep a table of so many nodes goes. */
function bitsOf(nodes: number): number {
  return 32 - Math.clz32(nodes - 1)
}
