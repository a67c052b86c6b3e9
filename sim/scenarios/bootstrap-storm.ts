import { MILLISECOND } from '../../src/core/time.ts'
import { dhtGroups, ENTRIES, NODES, tableQuality } from '../experiment/dht-population.ts'
import { quantile } from '../experiment/findings.ts'
import { defineScenario, type Scenario } from '../experiment/scenario.ts'

const MINUTE = 60
const ENTRY_QUERIES = 'queries: to an entry point, in all'

/** A whole network arrives within a minute, all through the same three entry points. */
export const bootstrapStorm: Scenario = defineScenario({
  name: 'bootstrap-storm',
  description: 'All nodes join within a minute through three entry points.',
  parameters: {
    nodes: { text: 'nodes in all', fallback: 1_000, min: 4, max: 100_000, unit: 'count' },
    entries: { text: 'nodes that the others know', fallback: 3, min: 1, max: 16, unit: 'count' },
    spread: { text: 'in which they join', fallback: MINUTE, min: 0, max: 3_600, unit: 'seconds' },
  },
  sizes: { small: { nodes: 150, spread: 10 }, full: { nodes: 3_000 } },
  population: ({ nodes, entries, spread }) =>
    dhtGroups(nodes, entries, { kind: 'within', from: 0, seconds: spread }),
  probes: [
    {
      series: 'nodes: ready',
      every: 1,
      read: ({ members }) => members.filter(({ readyAt }) => readyAt !== undefined).length,
    },
    {
      series: ENTRY_QUERIES,
      every: 1,
      read: (stage) => {
        const [entry] = stage.group(ENTRIES)
        return entry!.session?.dhtStats(stage.now)[0]?.stats.queriesIn ?? 0
      },
    },
  ],
  duration: ({ spread }) => spread + 2 * MINUTE,
  progress: ({ members, values }) => {
    return `${members.filter(({ readyAt }) => readyAt !== undefined).length} of ${values.nodes} ready`
  },
  measure: (stage) => {
    const { findings, world } = stage
    const nodes = stage.group(NODES)
    const ready = nodes.filter(({ readyAt }) => readyAt !== undefined)
    const times = ready.map(({ readyAt, arrivedAt }) => (readyAt! - arrivedAt!) / MILLISECOND)
    findings.distribution('readyMs', times)
    findings.metric('ready', ready.length / nodes.length)
    findings.metric(
      'readyMsP99',
      quantile(
        times.sort((a, b) => a - b),
        0.99,
      ),
    )
    const all = (findings.series[ENTRY_QUERIES] ?? []).map(([, count]) => count)
    findings.metric('entryQueriesPerSecond', Math.max(...all.map((count, i) => count - (all[i - 1] ?? 0))))
    findings.metric('contacts', tableQuality(stage, nodes).contacts)
    findings.metric('datagrams', world.udp.delivered)
  },
  criteria: [
    { name: 'nodes that are ready', metric: 'ready', atLeast: 0.99 },
    { name: 'time to be ready, in the 99th percentile', metric: 'readyMsP99', atMost: 120_000 },
    {
      name: 'queries to an entry point in its busiest second',
      metric: 'entryQueriesPerSecond',
      atMost: 5_000,
    },
    {
      name: 'good contacts of a node, in the mean',
      metric: 'contacts',
      // Four fifths of what an ideal table holds: about 8 for each halving of the network down to 8 nodes.
      atLeast: ({ nodes }) => 0.8 * Math.min(nodes - 1, idealContacts(nodes)),
    },
  ],
})

/** Contacts in a table of buckets of eight: full ones while a half holds more than that, then what is left. */
function idealContacts(nodes: number): number {
  let contacts = 0
  for (let half = nodes / 2; half >= 0.5; half /= 2) contacts += Math.min(8, half)
  return contacts
}
