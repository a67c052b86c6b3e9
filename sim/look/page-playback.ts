import type { Playback } from '../experiment/playback.ts'
import type { PagePlayback, PageWalk } from './page/page-data.ts'

/** Puts a recorded run into the order in which the player shows it. */
export function pagePlayback(
  id: string,
  { hosts, lives, walks, hops, pieceCount, pieces }: Playback,
): PagePlayback {
  const places = new Map(hosts.map(({ host }, i) => [host, i]))
  const groups = [...new Set(hosts.map(({ group }) => group))]
  const times = [lives, hops, pieces].flatMap((list) => list.at(-1)?.[0] ?? 0)
  const end = Math.max(1, ...times, ...walks.map(({ ended }) => ended ?? 0))
  const byWalk = new Map<number, PageWalk['hops'][number][]>(walks.map(({ walk }) => [walk, []]))
  for (const [at, walk, from, to, kind] of hops) {
    byWalk.get(walk)?.push([at, places.get(from)!, places.get(to)!, kind])
  }
  return {
    id,
    end,
    groups,
    hosts: hosts.map(({ host, ring, group }, i) => ({
      name: `host ${host}`,
      // Without an id a place of its own all the same.
      ring: ring ?? i / hosts.length,
      group: groups.indexOf(group),
    })),
    lives: lives.map(([at, host, up]) => [at, places.get(host)!, up]),
    walks: walks
      .map(({ walk, asker, target, begun, ended }) => {
        return { asker: places.get(asker)!, target, begun, ended: ended ?? end, hops: byWalk.get(walk)! }
      })
      .toSorted((a, b) => a.begun - b.begun),
    pieceCount,
    pieces: pieces.map(([at, host, piece]) => [at, places.get(host)!, piece]),
  }
}
