import { type Info, parseInfo } from '../codec/metainfo.ts'
import { LodestoneError } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import { eraseFiles } from './erase-files.ts'
import type { QueuedTorrent } from './queued-torrent.ts'
import { readInfo } from './read-info.ts'
import { SavedMetadata } from './saved-metadata.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/**
 * Removes what a torrent that is at rest has put on the disk, or verified there (`owned`: in this run); `done` is called however that ends. One that has
 * not come to its metadata in this run has it from an earlier one, or has no files.
 */
export function eraseContent(
  init: Pick<TorrentDriverInit, 'ports' | 'tickets' | 'emit'>,
  torrent: number,
  { add, metadata, out }: Pick<QueuedTorrent, 'add' | 'metadata' | 'out'>,
  owned: boolean,
  done: (now: Micros) => void,
): void {
  const { source } = add
  const erase = ({ infoHash, files }: Info): void => {
    const spec = { infoHash, out, files, owned }
    eraseFiles(init, torrent, spec, 'Not all was removed with the torrent', (now, failure) => {
      if (failure !== undefined) init.emit({ kind: 'warning', torrent, ...failure })
      done(now)
    })
  }
  if (metadata !== undefined) {
    erase(parseInfo(metadata, init.ports.crypto))
    return
  }
  new SavedMetadata(init.ports, init.tickets, source).restore((now, saved) => {
    const info = saved && readInfo(saved, source, init.ports.crypto)
    // By what contradicts itself nothing was downloaded.
    if (info === undefined || info instanceof LodestoneError) done(now)
    else erase(info)
  })
}
