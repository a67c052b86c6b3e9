import { toHex } from '../../src/core/bytes.ts'
import type { Micros } from '../../src/core/time.ts'
import type { TorrentProgress } from '../../src/session/events.ts'
import type { Session } from '../../src/session/session.ts'

/** What is known of one DHT node of a session. */
export interface NodeState {
  readonly id: string
  readonly contacts: readonly { readonly id: string; readonly address: string }[]
}

/** What a session knows, as plain data. */
export interface SessionState {
  /** Counters of the DHT, one object per address family. */
  readonly dht: readonly Readonly<Record<string, unknown>>[]
  /** One per bound address. */
  readonly nodes: readonly NodeState[]
  readonly torrents: readonly (TorrentProgress & {
    readonly torrent: number
    /** Verified pieces, in hexadecimal digits, the first piece the highest bit. */
    readonly pieces: string
  })[]
}

/** `torrents`: their numbers in the session; those that it does not have are left out. */
export function sessionState(session: Session, now: Micros, torrents: Iterable<number>): SessionState {
  return {
    dht: session.dhtStats(now).map(({ family, stats: { dropped, ...stats } }) => {
      return { family, ...stats, dropped: Object.fromEntries(dropped) }
    }),
    nodes: session.dhtTables().map(({ id, contacts }) => ({
      id: toHex(id),
      contacts: Array.from(contacts, (contact) => ({ id: toHex(contact.id), address: contact.address.text })),
    })),
    torrents: [...torrents].flatMap((torrent) => {
      const progress = session.progress(now, torrent)
      if (progress === undefined) return []
      return [{ torrent, ...progress, pieces: toHex(session.pieces(torrent)?.bytes ?? new Uint8Array()) }]
    }),
  }
}

/** For people, a line each. */
export function describeSession({ dht, nodes, torrents }: SessionState): string[] {
  return [
    ...dht.map((stats) => `DHT: ${words(stats)}`),
    ...nodes.flatMap(({ id, contacts }) => [
      `node ${id} with ${contacts.length} contacts`,
      ...contacts.map((contact) => `  ${contact.id} at ${contact.address}`),
    ]),
    ...torrents.map(({ torrent, ...progress }) => `torrent ${torrent}: ${words(progress)}`),
  ]
}

function words(figures: object): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
}
