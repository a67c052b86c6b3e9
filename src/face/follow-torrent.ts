import { parseItemLink } from '../codec/mutable-torrent.ts'
import type { Items } from './items.ts'
import { checkOptions } from './option-shapes.ts'
import type { AddTorrentOptions } from './options.ts'
import type { Torrent } from './torrent.ts'
import type { TorrentInput } from './torrent-input.ts'
import type { KnownVersions, Versions } from './versions.ts'

/** A version of a torrent that changes. */
export interface TorrentVersion {
  readonly seq: bigint
  readonly torrent: Torrent
}

/** What a `Lodestone` has of it. */
export interface Follower {
  readonly ready: Promise<unknown>
  readonly items: Pick<Items, 'follow'>
  readonly versions: Pick<Versions, 'recall' | 'remember' | 'metainfoOf'>
  add(input: TorrentInput, options: AddTorrentOptions): Torrent
}

/**
 * Follows a torrent that changes (BEP 46), named by a link `magnet:?xs=urn:btpk:...`: gives the version of the day, which is begun in
 * `options.out`, and then each newer one as it is found, within some five minutes. The one before is served until the metadata of the newer one is there
 * and its files can be laid out; it is stopped by then. What both have in common stays as it is; other files that it wrote, in this run or an earlier
 * one of the node's state folder, are written over as long as nobody has changed them, and removed where they are in the way; those that are in the
 * torrent no more are left. What cannot be laid out for something else in its way is told by a `warning`, and the next version waited for. Aborting
 * `options.signal` ends it all; who leaves the loop keeps the last torrent. Throws a usage error for what is no such link.
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
  const { signal, out = '.' } = options
  await node.ready
  const known = new Map<string, KnownVersions['files'][number]>()
  const recall = async (): Promise<KnownVersions> => {
    const { newest, files } = await node.versions.recall(link, out)
    for (const file of [...(options.replaces ?? []), ...files]) known.set(file.path, file)
    return { newest, files: [...known.values()] }
  }
  let last: Torrent | undefined
  let trial: { readonly seq: bigint; readonly torrent: Torrent } | undefined
  const attempt = async (infoHash: string, seq: bigint): Promise<void> => {
    await trial?.torrent.remove()
    const { files } = await recall()
    trial = { seq, torrent: node.add(infoHash, { ...options, mode: 'trial', replaces: files }) }
  }
  const begin = async (input: TorrentInput, infoHash: string, seq: bigint): Promise<TorrentVersion> => {
    await node.versions.remember(link, infoHash, seq)
    const { files } = await recall()
    await last?.remove()
    last = node.add(input, { ...options, replaces: files })
    return { seq, torrent: last }
  }
  const items = node.items.follow(link, signal === undefined ? {} : { signal })[Symbol.asyncIterator]()
  try {
    const { newest } = await recall()
    if (newest !== undefined) await attempt(newest.infoHash, newest.seq)
    let item = items.next()
    for (;;) {
      const fits = trial?.torrent.done.then(
        () => undefined,
        () => never(),
      )
      const came = await Promise.race([item, fits ?? never()])
      if (came === undefined) {
        const { seq, torrent } = trial!
        const metainfo = node.versions.metainfoOf(torrent)
        await torrent.remove()
        trial = undefined
        yield await begin(metainfo, torrent.infoHash, seq)
        continue
      }
      if (came.done === true) return
      item = items.next()
      const { infoHash, seq } = came.value
      if (infoHash === undefined || seq === undefined || infoHash === (trial?.torrent ?? last)?.infoHash)
        continue
      if (infoHash === last?.infoHash) {
        await trial?.torrent.remove()
        trial = undefined
      } else if (last === undefined && trial === undefined) yield await begin(infoHash, infoHash, seq)
      else await attempt(infoHash, seq)
    }
  } finally {
    await trial?.torrent.remove()
    await items.return?.()
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
