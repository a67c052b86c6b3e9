import type { Playback } from '../experiment/playback.ts'
import type { PagePlayback, PageWalk } from './page/page-data.ts'

/** Puts a recorded run into the order in which the player shows it. */
export function pagePlayback(
  id: string,
  { hosts, lives, walks, hops, pieceCount, pieces }: Playback,
): PagePlayback {
  const places = new Map(hosts.map(({ host }, i) => [host, i]))
  const groups = [...new Set(hosts.map(({ group }) => group))]
  const byWalk = new Map<number, PageWalk['hops'][number][]>(walks.map(({ walk }) => [walk, []]))
  // Datagrams are noted as they are sent, with the time at which they arrive.
  for (const [at, walk, from, to, kind] of hops.toSorted(([a], [b]) => a - b)) {
    byWalk.get(walk)?.push([at, places.get(from)!, places.get(to)!, kind])
  }
  const shown = walks
    .map(({ walk, asker, target, begun, ended }): PageWalk => {
      const messages = byWalk.get(walk)!
      // Of some nobody tells when they end.
      const last = ended ?? messages.at(-1)?.[0] ?? begun
      return { asker: places.get(asker)!, target, begun, ended: last, hops: messages }
    })
    .toSorted((a, b) => a.begun - b.begun)
  const ends = [lives.at(-1)?.[0] ?? 0, pieces.at(-1)?.[0] ?? 0]
  return {
    id,
    end: shown.reduce((end, { ended }) => Math.max(end, ended), Math.max(1, ...ends)),
    groups,
    hosts: hosts.map(({ host, ring, group }, i) => ({
      name: `host ${host}`,
      // Without an id a place of its own all the same.
      ring: ring ?? i / hosts.length,
      group: groups.indexOf(group),
    })),
    lives: lives.map(([at, host, up]) => [at, places.get(host)!, up]),
    walks: shown,
    pieceCount,
    pieces: pieces.map(([at, host, piece]) => [at, places.get(host)!, piece]),
  }
}
