import type { Member } from './member.ts'
import type { Arrival, Group } from './population.ts'
import type { Stage } from './stage.ts'

/** The group through which all enter the DHT. */
export const ENTRIES = 'entries'
export const NODES = 'nodes'

/** Some entry points that are always there, and the rest, who arrive as `arrival` says. None of them takes peers. */
export function dhtGroups(
  nodes: number,
  entries: number,
  arrival: Arrival,
  change: Partial<Group> = {},
): readonly Group[] {
  const session = { listen: false }
  const first = Math.min(entries, nodes)
  return [
    {
      name: ENTRIES,
      count: first,
      arrival: { kind: 'at', second: 0 },
      session,
      isWarm: change.isWarm ?? false,
    },
    { name: NODES, count: nodes - first, arrival, session, ...change },
  ]
}

/** The same, all of whom are there from the start with tables from an oracle (`isWarm`), or join within `seconds`. */
export function settledGroups(
  nodes: number,
  entries: number,
  seconds: number,
  isWarm: boolean,
): readonly Group[] {
  return dhtGroups(
    nodes,
    entries,
    isWarm ? { kind: 'at', second: 0 } : { kind: 'within', from: 0, seconds },
    {
      isWarm,
    },
  )
}

/** What the tables of `members` hold: contacts of a node in the mean, and the share of all that is stale. */
export interface TableQuality {
  readonly contacts: number
  /** Whose host is down. */
  readonly stale: number
}

export function tableQuality(stage: Stage<unknown>, members: readonly Member[]): TableQuality {
  const alive = new Map(
    stage.members.flatMap(({ host, isUp, id }) =>
      isUp && id !== undefined ? [[host.host, id] as const] : [],
    ),
  )
  let [contacts, stale, nodes] = [0, 0, 0]
  for (const member of members) {
    if (!member.isUp) continue
    for (const table of member.session?.dhtTables() ?? []) {
      nodes += 1
      for (const { address } of table.contacts) {
        contacts += 1
        if (!alive.has(address.host)) stale += 1
      }
    }
  }
  return { contacts: contacts / Math.max(1, nodes), stale: stale / Math.max(1, contacts) }
}
