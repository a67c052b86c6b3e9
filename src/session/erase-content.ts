import { type Info, parseInfo } from '../codec/metainfo.ts'
import { LodestoneError } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import type { CryptoPort } from './ports.ts'
import type { QueuedTorrent } from './queued-torrent.ts'
import { SavedMetadata } from './saved-metadata.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/**
 * Removes what a torrent that is at rest has put on the disk, or verified there (`owned`: in this run); `done` is called however that ends, and what was left is warned of. One that has
 * not come to its metadata in this run has it from an earlier one, or has no files.
 */
export function eraseContent(
  { ports, tickets, emit }: Pick<TorrentDriverInit, 'ports' | 'tickets' | 'emit'>,
  torrent: number,
  { add, metadata }: Pick<QueuedTorrent, 'add' | 'metadata'>,
  owned: boolean,
  done: (now: Micros) => void,
): void {
  const { infoHash } = add.source
  const erase = ({ files }: Info): void => {
    const ticket = tickets.issue((now, value, failure) => {
      const left = (value ?? []) as readonly string[]
      if (failure !== undefined) emit({ kind: 'warning', torrent, ...failure })
      else if (left.length > 0)
        emit({ kind: 'warning', torrent, code: 'storage/left', message: leftSentence(left) })
      done(now)
    })
    ports.storage.erase(ticket, { infoHash, out: add.options.out, files, owned })
  }
  if (metadata !== undefined) {
    erase(parseInfo(metadata, ports.crypto.sha1))
    return
  }
  new SavedMetadata(ports, tickets, infoHash).restore((now, saved) => {
    const info = saved && understood(saved, ports.crypto)
    if (info === undefined) done(now)
    else erase(info)
  })
}

/** `undefined`: it contradicts itself, and nothing was downloaded by it. */
function understood(saved: Uint8Array, { sha1 }: CryptoPort): Info | undefined {
  try {
    return parseInfo(saved, sha1)
  } catch (error) {
    if (!(error instanceof LodestoneError)) throw error
    return undefined
  }
}

/** Of what could not be removed with its torrent, a sentence each. */
function leftSentence([first, ...more]: readonly string[]): string {
  const rest = more.length === 0 ? '' : ` (nor were ${more.length} more)`
  return `Not all was removed with the torrent${rest}: ${first}`
}
