import type { Connections } from '../session/events.ts'
import { jointNetwork, type Network } from '../session/network.ts'
import type { Mapped } from '../session/port-mapping.ts'
import type { FamilyStats } from '../session/session.ts'
import { NO_CONNECTIONS } from '../session/torrent-view.ts'
import type { MappedSummary, NetworkSummary } from './events.ts'

/** A node's counters since it was opened, over all its sockets. */
export interface NodeStats {
  /** Good contacts in the IPv4 and the IPv6 table. */
  readonly nodes: number
  readonly nodes6: number
  readonly queriesIn: number
  readonly queriesOut: number
  readonly responses: number
  readonly timeouts: number
  /** Info-hashes with peers that are stored for others. */
  readonly hashes: number
  /** Those peers. */
  readonly peers: number
  /** Datagrams that were ignored, for whatever reason. */
  readonly dropped: number
  readonly network: NetworkSummary
  /** Of all its torrents together. */
  readonly connections: Connections
}

export function nodeStats(
  families: readonly FamilyStats[],
  mapped: Mapped | undefined,
  torrents: readonly Connections[],
): NodeStats {
  const sum = (of: (stats: FamilyStats['stats']) => number): number => {
    return families.reduce((total, { stats }) => total + of(stats), 0)
  }
  const nodes = (wanted: 4 | 6): number => {
    return families.reduce((total, { family, stats }) => total + (family === wanted ? stats.nodes : 0), 0)
  }
  return {
    nodes: nodes(4),
    nodes6: nodes(6),
    queriesIn: sum((stats) => stats.queriesIn),
    queriesOut: sum((stats) => stats.queriesOut),
    responses: sum((stats) => stats.responses),
    timeouts: sum((stats) => stats.timeouts),
    hashes: sum((stats) => stats.hashes),
    peers: sum((stats) => stats.peers),
    dropped: sum((stats) => [...stats.dropped.values()].reduce((total, count) => total + count, 0)),
    network: {
      ...networkSummary(jointNetwork(families.map(({ stats }) => stats.network))),
      ...(mapped && { mapped: mappedSummary(mapped) }),
    },
    connections: torrents.reduce(jointConnections, NO_CONNECTIONS),
  }
}

function jointConnections(sum: Connections, { peers, encrypted, utp, punched }: Connections): Connections {
  return {
    peers: sum.peers + peers,
    encrypted: sum.encrypted + encrypted,
    utp: sum.utp + utp,
    punched: sum.punched + punched,
  }
}

export function networkSummary({ status, external, reachable, readOnly }: Network): NetworkSummary {
  const seen = [...new Set(external.map(({ host }) => host))]
  return { status, external: seen, ...(reachable === undefined ? {} : { reachable }), readOnly }
}

function mappedSummary({ tcp, udp, address }: Mapped): MappedSummary {
  return {
    ...(tcp === undefined ? {} : { tcp }),
    ...(udp === undefined ? {} : { udp }),
    ...(address === undefined ? {} : { host: address.host }),
  }
}
