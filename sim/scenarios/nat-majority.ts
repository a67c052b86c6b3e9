import { toHex } from '../../src/core/bytes.ts'
import { SECOND } from '../../src/core/time.ts'
import { dhtGroups } from '../experiment/dht-population.ts'
import { LookupSurvey } from '../experiment/lookup-survey.ts'
import type { Member } from '../experiment/member.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'
import type { NatInit } from '../hosts/world.ts'
import type { NatBox } from '../network/nat-box.ts'

const HIDDEN = 'hidden'
const SETTLE = 600
const GAP = 0.5
const PATIENCE = 60
/** Hosts behind one box of a carrier. */
const PER_CARRIER = 8

/**
 * Six kinds of boxes: full cone, restricted cone, port restricted (the commonest), two that map by destination, and a home box
 * behind a carrier's.
 */
const KINDS: readonly NatInit[] = [
  { mapping: 'none', filtering: 'none' },
  { mapping: 'none', filtering: 'address' },
  { mapping: 'none', filtering: 'address-and-port' },
  { mapping: 'address', filtering: 'address-and-port' },
  { mapping: 'address-and-port', filtering: 'address-and-port', timeout: 30 * SECOND, preserve: false },
  { mapping: 'none', filtering: 'address-and-port', timeout: 60 * SECOND, carrier: true },
]

/** Most nodes are behind boxes that let nobody in uninvited: tables should not fill up with what cannot be reached. */
export const natMajority: Scenario = defineScenario({
  name: 'nat-majority',
  description:
    'A share of the nodes is behind translators of six kinds; tables and look-ups of all are looked at.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 300, min: 20, max: 50_000, unit: 'count' },
    hidden: {
      text: 'of the nodes are behind translators',
      fallback: 0.64,
      min: 0,
      max: 0.95,
      unit: 'factor',
    },
    lookups: { text: 'look-ups', fallback: 600, min: 1, max: 100_000, unit: 'count' },
  },
  sizes: { small: { nodes: 300, lookups: 200 }, full: { nodes: 1_500, lookups: 2_000 } },
  population: ({ nodes, hidden }) => {
    const behind = Math.round(nodes * hidden)
    let carrier: NatBox | undefined
    return [
      ...dhtGroups(nodes - behind, 3, { kind: 'within', from: 0, seconds: 30 }),
      {
        name: HIDDEN,
        count: behind,
        arrival: { kind: 'within', from: 5, seconds: 60 },
        session: { listen: false },
        host: (index, world) => {
          const kind = KINDS[index % KINDS.length]!
          if (kind.carrier !== true) return { nat: world.addNat(kind) }
          // Some homes share a carrier's address.
          if (Math.floor(index / KINDS.length) % PER_CARRIER === 0 || carrier === undefined)
            carrier = world.addNat(kind)
          return { nat: world.addNat({ behind: carrier }) }
        },
      },
    ]
  },
  setup: (stage) => {
    const survey = new LookupSurvey(stage, isReachable)
    survey.plan(SETTLE, stage.values.lookups, GAP, () => stage.members)
    return survey
  },
  duration: ({ lookups }) => SETTLE + lookups * GAP + PATIENCE,
  done: ({ values }, survey) => survey.ended === values.lookups,
  progress: (_stage, { ended }) => `${ended} look-ups ended`,
  measure: (stage, survey) => {
    const { findings } = stage
    survey.report()
    const reachable = new Set(stage.members.filter(isReachable).map(({ id }) => toHex(id!)))
    let [contacts, hidden] = [0, 0]
    for (const member of stage.members) {
      for (const table of member.session?.dhtTables() ?? []) {
        for (const { id } of table.contacts) {
          contacts += 1
          if (!reachable.has(toHex(id))) hidden += 1
        }
      }
    }
    findings.metric('hiddenContacts', hidden / contacts)
    findings.metric('success', survey.found / survey.asked)
  },
  criteria: [
    { name: 'look-ups that ended', metric: 'lookupsEnded', atLeast: 1 },
    {
      name: 'contacts behind translators, in all tables',
      metric: 'hiddenContacts',
      // With so few nodes tables stay small for long, and small ones keep whoever answers.
      atMost: ({ nodes }) => (nodes < 1_000 ? 0.25 : 0.05),
    },
    {
      name: 'look-ups that found at least six of the nearest eight that can be reached',
      metric: 'success',
      atLeast: ({ hidden }) => (hidden <= 0.64 ? 0.98 : 0.9),
    },
  ],
})

/** A full cone lets in whoever sends to it: who is behind one is as good a contact as who is in the open. */
function isReachable({ group, index }: Member): boolean {
  return group.name !== HIDDEN || KINDS[index % KINDS.length]!.filtering === 'none'
}
