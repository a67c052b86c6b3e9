import { parseItemLink } from '../codec/mutable-torrent.ts'
import type { Items } from './items.ts'
import { checkOptions } from './option-shapes.ts'
import type { AddTorrentOptions } from './options.ts'
import type { Torrent } from './torrent.ts'

/** A version of a torrent that changes. */
export interface TorrentVersion {
  readonly seq: bigint
  readonly torrent: Torrent
}

/** What a `Lodestone` has of it. */
export interface Follower {
  readonly ready: Promise<unknown>
  readonly items: Pick<Items, 'follow'>
  add(infoHash: string, options: AddTorrentOptions): Torrent
}

/**
 * Follows a torrent that changes (BEP 46), named by a link `magnet:?xs=urn:btpk:...`: gives the version of the day, which is begun in
 * `options.out`, and then each newer one as it is found, within some five minutes. The one before is stopped by then; what both have in common
 * stays as it is, other files that it wrote are written over, and those that are in the torrent no more are left. Aborting `options.signal` ends
 * it all; who leaves the loop keeps the last torrent. Throws a usage error for what is no such link.
 */
export function followTorrent(
  node: Follower,
  link: string,
  options: AddTorrentOptions = {},
): AsyncIterable<TorrentVersion> {
  checkOptions('followTorrent', options)
  parseItemLink(link)
  return versions(node, link, options)
}

async function* versions(
  node: Follower,
  link: string,
  options: AddTorrentOptions,
): AsyncGenerator<TorrentVersion, void, void> {
  const { signal } = options
  const written = new Set<string>()
  let last: Torrent | undefined
  await node.ready
  for await (const { infoHash, seq } of node.items.follow(link, signal === undefined ? {} : { signal })) {
    if (infoHash === undefined || seq === undefined || infoHash === last?.infoHash) continue
    if (last !== undefined) {
      // What stood in its way, or was there before, is not its own.
      if (last.progress().received > 0) for (const { path } of (await last.metadata).files) written.add(path)
      await last.remove()
    }
    const replaces = [...(options.replaces ?? []), ...written]
    last = node.add(infoHash, replaces.length === 0 ? options : { ...options, replaces })
    yield { seq, torrent: last }
  }
}
